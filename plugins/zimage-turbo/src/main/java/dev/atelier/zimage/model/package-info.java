/** The four graphs of Z-Image and the sessions that run them. */
@NullMarked
package dev.atelier.zimage.model;

import org.jspecify.annotations.NullMarked;
