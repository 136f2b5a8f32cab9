package dev.atelier.gateway.adapter;

import dev.atelier.plugin.AdapterReport;

/**
 * What an adapter file holds, judged for a model.
 *
 * @param report what the plugin says of it
 * @param size in bytes
 * @param sha256 of its content, 64 lower-case hexadecimal digits
 */
public record InspectedAdapter(AdapterReport report, long size, String sha256) {}
