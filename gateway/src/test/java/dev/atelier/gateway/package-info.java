/** The gateway as a whole: its settings, its command line, its start and end, and a replay of the reference. */
@NullMarked
package dev.atelier.gateway;

import org.jspecify.annotations.NullMarked;
