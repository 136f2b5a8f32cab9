/** Tests of the folders that a gateway writes. */
@NullMarked
package dev.atelier.gateway.storage;

import org.jspecify.annotations.NullMarked;
