/** The model {@code zimage}: Z-Image as it was before distillation. */
@NullMarked
package dev.atelier.zimage.base;

import org.jspecify.annotations.NullMarked;
