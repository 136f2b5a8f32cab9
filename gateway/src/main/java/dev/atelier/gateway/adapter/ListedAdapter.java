package dev.atelier.gateway.adapter;

import java.time.Instant;

/**
 * An adapter file that requests may name.
 *
 * @param path below the LoRA folder, with {@code /} between its parts
 * @param size in bytes
 * @param modified its time
 */
public record ListedAdapter(String path, long size, Instant modified) {}
