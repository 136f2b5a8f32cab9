/** Whether this gateway lives, is ready and has started, for load balancers and schedulers. */
@NullMarked
package dev.atelier.gateway.health;

import org.jspecify.annotations.NullMarked;
