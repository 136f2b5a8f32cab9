/** Tests of what is counted. */
@NullMarked
package dev.atelier.gateway.metrics;

import org.jspecify.annotations.NullMarked;
