/** What the gateway counts, by names that stay. */
@NullMarked
package dev.atelier.gateway.metrics;

import org.jspecify.annotations.NullMarked;
