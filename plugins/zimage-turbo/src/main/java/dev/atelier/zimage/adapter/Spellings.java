package dev.atelier.zimage.adapter;

import java.util.List;
import java.util.Map;

/**
 * How adapter files may call a model's modules besides by their own names.
 *
 * @param beginnings other spellings of how names begin, up to a dot or the end, with the checkpoint's:
 *     {@code x_embedder} for {@code all_x_embedder.2-1}
 * @param substitutes other spellings of how names end, with the checkpoint's: {@code attention.out} for
 *     {@code attention.to_out.0}. Several stand for one module whose outputs are theirs, one after the other. They
 *     count only where a file names none of the modules themselves
 */
public record Spellings(Map<String, String> beginnings, Map<String, List<String>> substitutes) {
    /** Every module has one name. */
    public static final Spellings NONE = new Spellings(Map.of(), Map.of());

    /** Copies the maps. */
    public Spellings {
        beginnings = Map.copyOf(beginnings);
        substitutes = Map.copyOf(substitutes);
    }
}
