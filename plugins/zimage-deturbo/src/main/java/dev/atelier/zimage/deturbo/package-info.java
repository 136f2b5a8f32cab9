/** The model {@code zimage_deturbo}: Z-Image Turbo with its distillation undone. */
@NullMarked
package dev.atelier.zimage.deturbo;

import org.jspecify.annotations.NullMarked;
