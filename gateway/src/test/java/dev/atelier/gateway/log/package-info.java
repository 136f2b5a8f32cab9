@NullMarked
package dev.atelier.gateway.log;

import org.jspecify.annotations.NullMarked;
