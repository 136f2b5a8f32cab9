/** Turns what a decoder computes into a picture. Knows no model. */
@NullMarked
package dev.atelier.zimage.image;

import org.jspecify.annotations.NullMarked;
