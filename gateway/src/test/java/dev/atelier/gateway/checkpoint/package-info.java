/** Tests of finding checkpoints. */
@NullMarked
package dev.atelier.gateway.checkpoint;

import org.jspecify.annotations.NullMarked;
