/** Tests of what a collector receives. */
@NullMarked
package dev.atelier.gateway.tracing;

import org.jspecify.annotations.NullMarked;
