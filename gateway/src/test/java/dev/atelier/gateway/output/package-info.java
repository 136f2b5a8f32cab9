/** Tests of encoding and keeping pictures. */
@NullMarked
package dev.atelier.gateway.output;

import org.jspecify.annotations.NullMarked;
