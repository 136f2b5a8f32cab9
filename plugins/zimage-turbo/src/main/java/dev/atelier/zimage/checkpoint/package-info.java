/**
 * Reads checkpoints as they are downloaded: safetensors files, their shards, and the configurations beside them. Knows
 * no model.
 */
@NullMarked
package dev.atelier.zimage.checkpoint;

import org.jspecify.annotations.NullMarked;
