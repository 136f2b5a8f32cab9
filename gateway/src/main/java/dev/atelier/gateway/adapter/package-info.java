/** Adapter files: confinement at submission, hashes at drawing time. */
@NullMarked
package dev.atelier.gateway.adapter;

import org.jspecify.annotations.NullMarked;
