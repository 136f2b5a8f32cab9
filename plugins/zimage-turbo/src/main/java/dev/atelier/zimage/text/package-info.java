/** Turns prompts into token ids. Knows no model beyond its chat template. */
@NullMarked
package dev.atelier.zimage.text;

import org.jspecify.annotations.NullMarked;
