package dev.atelier.gateway.job;

import dev.atelier.plugin.AdapterReport;
import dev.atelier.plugin.EffectiveSettings;
import java.util.List;

/**
 * A finished picture.
 *
 * @param index its prompt's place in the request
 * @param format how it is written
 * @param filePath the absolute path on the gateway's disk
 * @param effective what was drawn
 * @param adapters what became of each adapter
 * @param generateSeconds from the start of its drawing to its pixels
 * @param saveSeconds encoding and writing
 */
public record OutputImage(
        int index,
        OutputFormat format,
        String filePath,
        EffectiveSettings effective,
        List<AdapterReport> adapters,
        double generateSeconds,
        double saveSeconds) {
    /** Copies the list. */
    public OutputImage {
        adapters = List.copyOf(adapters);
    }
}
