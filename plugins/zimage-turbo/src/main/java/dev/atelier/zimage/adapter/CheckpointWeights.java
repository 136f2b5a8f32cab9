package dev.atelier.zimage.adapter;

import dev.atelier.zimage.checkpoint.Checkpoint;
import dev.atelier.zimage.checkpoint.HalfPrecision;
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
    @Override
    public float[] rows(Target target, int from, int count) {
        TensorEntry all = checkpoint.expectShape(target.weightName(), target.weightShape());
        long rowBytes = all.length() / target.out();
        TensorEntry part = new TensorEntry(
                all.name(),
                all.dtype(),
                List.of((long) count, (long) target.in()),
                all.file(),
                all.offset() + from * rowBytes,
                count * rowBytes);
        return read(part);
    }

    /** Returns a weight of one dimension. */
    float[] vector(String name, int length) {
        return read(checkpoint.expectShape(name, length));
    }

    private float[] read(TensorEntry tensor) {
        try (TensorReader reader = checkpoint.reader(tensor)) {
            float[] values = reader.floats(tensor);
            for (int i = 0; bfloat16 && i < values.length; i++) {
                values[i] = HalfPrecision.fromBf16(HalfPrecision.toBf16(values[i]));
            }
            return values;
        }
    }
}
