package dev.atelier.gateway.adapter;

import dev.atelier.plugin.AdapterInspection;

/**
 * What an adapter file holds, judged for a model.
 *
 * @param inspection what the plugin says of it
 * @param size of the file in bytes
 * @param sha256 of its content, with its config after it where it has one; 64 lower-case hexadecimal digits
 */
public record InspectedAdapter(AdapterInspection inspection, long size, String sha256) {}
