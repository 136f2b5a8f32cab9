/** The plugin for Z-Image Turbo: what it declares and how it draws. */
@NullMarked
package dev.atelier.zimage;

import org.jspecify.annotations.NullMarked;
