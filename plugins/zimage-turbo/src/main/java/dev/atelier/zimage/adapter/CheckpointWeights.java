package dev.atelier.zimage.adapter;

import dev.atelier.zimage.checkpoint.Checkpoint;
import dev.atelier.zimage.checkpoint.TensorEntry;
import dev.atelier.zimage.checkpoint.TensorReader;
import java.util.List;

/**
 * Reads weights from a checkpoint's files.
 *
 * @param checkpoint the files
 * @param bfloat16 whether the model rounds its weights to bfloat16
 */
public record CheckpointWeights(Checkpoint checkpoint, boolean bfloat16) implements BaseWeights {
    private static final int HALF = 0x7fff;
    private static final int UPPER = 0xffff0000;

    @Override
    public float[] rows(Target target, int from, int count) {
        TensorEntry all = checkpoint.expectShape(target.name() + ".weight", target.out(), target.in());
        long rowBytes = all.length() / target.out();
        TensorEntry part = new TensorEntry(
                all.name(),
                all.dtype(),
                List.of((long) count, (long) target.in()),
                all.file(),
                all.offset() + from * rowBytes,
                count * rowBytes);
        try (TensorReader reader = checkpoint.reader(part)) {
            float[] values = reader.floats(part);
            if (bfloat16) {
                round(values);
            }
            return values;
        }
    }

    /** To nearest, ties to even. */
    private static void round(float[] values) {
        for (int i = 0; i < values.length; i++) {
            int bits = Float.floatToRawIntBits(values[i]);
            values[i] = Float.intBitsToFloat((bits + HALF + ((bits >>> Short.SIZE) & 1)) & UPPER);
        }
    }
}
