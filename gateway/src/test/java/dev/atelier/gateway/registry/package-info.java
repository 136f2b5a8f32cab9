/** Tests of loading plugins. */
@NullMarked
package dev.atelier.gateway.registry;

import org.jspecify.annotations.NullMarked;
