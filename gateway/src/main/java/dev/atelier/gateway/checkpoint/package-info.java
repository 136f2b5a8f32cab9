/** Where checkpoints lie on this machine. */
@NullMarked
package dev.atelier.gateway.checkpoint;

import org.jspecify.annotations.NullMarked;
