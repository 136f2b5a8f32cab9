/** The gateway's start: its settings, its command line, and what holds its parts together. */
@NullMarked
package dev.atelier.gateway;

import org.jspecify.annotations.NullMarked;
