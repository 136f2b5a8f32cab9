/** Plugins and the models that they declare. */
@NullMarked
package dev.atelier.gateway.registry;

import org.jspecify.annotations.NullMarked;
