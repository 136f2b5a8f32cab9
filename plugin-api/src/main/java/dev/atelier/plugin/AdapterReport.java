package dev.atelier.plugin;

import java.util.List;
import java.util.Map;

/**
 * What an adapter file holds and what became of it.
 *
 * @param name the adapter's name
 * @param multiplier its strength as applied
 * @param form the key form and algorithm, such as {@code ai-toolkit lora}
 * @param ranks the ranks met, ascending, without repetition
 * @param dtypes the storage types met
 * @param modules how many of the model's modules it changes
 * @param matchedKeys how many of its tensors were used
 * @param unmatchedKeys the tensors that fit nothing in the model
 * @param metadata the file's own metadata
 */
public record AdapterReport(
        String name,
        double multiplier,
        String form,
        List<Integer> ranks,
        List<String> dtypes,
        int modules,
        int matchedKeys,
        List<String> unmatchedKeys,
        Map<String, String> metadata) {
    /** Copies the collections. */
    public AdapterReport {
        ranks = List.copyOf(ranks);
        dtypes = List.copyOf(dtypes);
        unmatchedKeys = List.copyOf(unmatchedKeys);
        metadata = Map.copyOf(metadata);
    }
}
