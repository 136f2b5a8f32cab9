/** Tests of what load balancers and schedulers are told. */
@NullMarked
package dev.atelier.gateway.health;

import org.jspecify.annotations.NullMarked;
