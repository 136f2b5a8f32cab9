/** Adapter files and what they change. Knows no model. */
@NullMarked
package dev.atelier.zimage.adapter;

import org.jspecify.annotations.NullMarked;
