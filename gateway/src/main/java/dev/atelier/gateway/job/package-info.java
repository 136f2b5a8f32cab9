/** Jobs and the store that is their queue. */
@NullMarked
package dev.atelier.gateway.job;

import org.jspecify.annotations.NullMarked;
