/** The folders that a gateway writes, and whether they can be written. */
@NullMarked
package dev.atelier.gateway.storage;

import org.jspecify.annotations.NullMarked;
