/** The noise levels of a flow-matching model and the steps between them. Knows no model. */
@NullMarked
package dev.atelier.zimage.schedule;

import org.jspecify.annotations.NullMarked;
