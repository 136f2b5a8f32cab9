/** Gateways as processes that are killed, frozen and cut off from their database. */
@NullMarked
package dev.atelier.gateway.chaos;

import org.jspecify.annotations.NullMarked;
