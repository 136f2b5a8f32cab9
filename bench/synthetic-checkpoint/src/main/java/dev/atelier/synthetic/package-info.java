/**
 * Checkpoints of the Z-Image architecture in diffusers form, of any dimensions, with random weights that depend on the
 * seed and the tensor's name alone.
 */
@NullMarked
package dev.atelier.synthetic;

import org.jspecify.annotations.NullMarked;
