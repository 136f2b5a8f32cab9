/** Pictures as files. */
@NullMarked
package dev.atelier.gateway.output;

import org.jspecify.annotations.NullMarked;
