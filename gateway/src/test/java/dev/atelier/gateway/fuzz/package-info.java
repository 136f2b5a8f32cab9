/** Requests of all kinds, right and wrong ones, from a seed and the contract. */
@NullMarked
package dev.atelier.gateway.fuzz;

import org.jspecify.annotations.NullMarked;
