/** The HTTP side: the contract, what reads requests by it, and what writes answers. */
@NullMarked
package dev.atelier.gateway.http;

import org.jspecify.annotations.NullMarked;
