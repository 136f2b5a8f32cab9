/** Devices, and what draws on each: an agent on an event loop and one drawing thread. */
@NullMarked
package dev.atelier.gateway.worker;

import org.jspecify.annotations.NullMarked;
