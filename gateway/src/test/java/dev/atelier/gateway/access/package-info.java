@NullMarked
package dev.atelier.gateway.access;

import org.jspecify.annotations.NullMarked;
