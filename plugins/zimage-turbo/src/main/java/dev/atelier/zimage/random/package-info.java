/** Random numbers as PyTorch draws them on a CPU. Knows no model. */
@NullMarked
package dev.atelier.zimage.random;

import org.jspecify.annotations.NullMarked;
