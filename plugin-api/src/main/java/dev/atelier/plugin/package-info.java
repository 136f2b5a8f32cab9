/**
 * The boundary between the gateway and a model: what a plugin declares, what it is given and what it returns.
 *
 * <p>A plugin compiles against this package, PF4J and the JDK. It never sees HTTP, JSON or the job store, and the
 * gateway never sees a tensor.
 */
@NullMarked
package dev.atelier.plugin;

import org.jspecify.annotations.NullMarked;
