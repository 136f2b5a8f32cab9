/** Comparing names. */
@NullMarked
package dev.atelier.gateway.text;

import org.jspecify.annotations.NullMarked;
