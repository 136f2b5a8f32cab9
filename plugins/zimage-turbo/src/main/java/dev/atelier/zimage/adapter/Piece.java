package dev.atelier.zimage.adapter;

import dev.atelier.zimage.checkpoint.TensorEntry;

/**
 * A tensor of an adapter file, or an equal share of its rows.
 *
 * @param entry the whole tensor
 * @param index of the share, from 0
 * @param of how many shares there are; 1 for the whole tensor
 */
record Piece(TensorEntry entry, int index, int of) {
    /** Returns the tensor's name in the file. */
    String name() {
        return entry.name();
    }

    /** Returns where the share lies; its rows must divide evenly. */
    TensorEntry part() {
        if (of == 1) {
            return entry;
        }
        long[] shape = entry.dimensions();
        shape[0] /= of;
        long length = entry.length() / of;
        return new TensorEntry(
                entry.name(),
                entry.dtype(),
                java.util.Arrays.stream(shape).boxed().toList(),
                entry.file(),
                entry.offset() + index * length,
                length);
    }
}
