package dev.atelier.plugin;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What an adapter file holds and what became of it. Small enough to be stored with every image: of long lists and of
 * the file's metadata it keeps the beginning.
 *
 * @param name the adapter's name
 * @param multiplier its strength as applied
 * @param form the key form and algorithm, such as {@code ai-toolkit lora}
 * @param ranks the ranks met, ascending, without repetition; empty where the algorithm has none
 * @param alphas the alphas that count, ascending, without repetition; empty where the file gives none
 * @param dtypes the storage types met
 * @param modules how many of the model's modules it changes
 * @param matchedKeys how many of its tensors were used
 * @param partlyMatched the tensors that name a module of the model but add nothing: doubles of others, or an alpha
 *     without its weights
 * @param unmatched the tensors that fit nothing in the model
 * @param metadata the file's own metadata by name: the first {@value #MOST_METADATA} entries, each cut to
 *     {@value #MOST_CHARACTERS} characters
 */
public record AdapterReport(
        String name,
        double multiplier,
        String form,
        List<Integer> ranks,
        List<Double> alphas,
        List<String> dtypes,
        int modules,
        int matchedKeys,
        Keys partlyMatched,
        Keys unmatched,
        Map<String, String> metadata) {
    /** How many entries of the metadata are kept. */
    public static final int MOST_METADATA = 20;
    /** How long a name or a text of the metadata is kept. */
    public static final int MOST_CHARACTERS = 1000;
    /** How long the name of a tensor, the form and a storage type are kept. */
    public static final int MOST_NAME = 200;
    /** How many ranks, alphas and storage types are kept. */
    public static final int MOST_VALUES = 100;

    /** Copies the beginnings of the collections and cuts the texts. */
    public AdapterReport {
        form = cut(form, MOST_NAME);
        ranks = ranks.stream().limit(MOST_VALUES).toList();
        alphas = alphas.stream().limit(MOST_VALUES).toList();
        dtypes = dtypes.stream()
                .limit(MOST_VALUES)
                .map(dtype -> cut(dtype, MOST_NAME))
                .toList();
        metadata = beginning(metadata);
    }

    /**
     * Some of a file's tensors.
     *
     * @param count how many
     * @param first the names of the first {@value #MOST} of them, each cut to {@value AdapterReport#MOST_NAME}
     *     characters
     */
    public record Keys(int count, List<String> first) {
        /** How many names are kept. */
        public static final int MOST = 20;

        /** No tensors. */
        public static final Keys NONE = new Keys(0, List.of());

        /** Cuts the names and checks their number. */
        public Keys {
            if (count < first.size() || first.size() > MOST) {
                throw new IllegalArgumentException(
                        "first must hold at most " + MOST + " of the " + count + " names but holds " + first.size());
            }
            first = first.stream().map(name -> cut(name, MOST_NAME)).toList();
        }

        /** Counts names and keeps the first. */
        public static Keys of(List<String> names) {
            return new Keys(names.size(), names.stream().limit(MOST).toList());
        }
    }

    private static Map<String, String> beginning(Map<String, String> metadata) {
        SortedMap<String, String> kept = new TreeMap<>();
        new TreeMap<>(metadata)
                .entrySet().stream()
                        .limit(MOST_METADATA)
                        .forEach(entry ->
                                kept.put(cut(entry.getKey(), MOST_CHARACTERS), cut(entry.getValue(), MOST_CHARACTERS)));
        return Collections.unmodifiableSortedMap(kept);
    }

    private static String cut(String text, int most) {
        if (text.length() <= most) {
            return text;
        }
        return text.substring(0, Character.isHighSurrogate(text.charAt(most - 1)) ? most - 1 : most);
    }
}
