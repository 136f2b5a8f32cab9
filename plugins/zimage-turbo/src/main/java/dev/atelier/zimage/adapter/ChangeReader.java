package dev.atelier.zimage.adapter;

import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import dev.atelier.zimage.checkpoint.TensorEntry;
import dev.atelier.zimage.checkpoint.TensorReader;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Reads what an adapter file does to each linear, its shapes already checked. For one thread. */
final class ChangeReader {
    private final String file;
    private final AdapterScale scale;
    private final TensorReader reader;

    /**
     * Creates a reader.
     *
     * @param file what messages call the file
     */
    ChangeReader(String file, AdapterScale scale, TensorReader reader) {
        this.file = file;
        this.scale = scale;
        this.reader = reader;
    }

    /**
     * The weights of one module's change, and the lengths that its weight is given, not yet held against the base.
     *
     * @param magnitude null when none are given
     */
    @SuppressWarnings("ArrayRecordComponent") // handed on, never compared
    record Unmeasured(@Nullable Delta delta, float @Nullable [] bias, float @Nullable [] magnitude, boolean byColumn) {
        Change measured(Target target, BaseWeights weights) {
            if (delta == null || magnitude == null) {
                return new Change(delta, null, bias);
            }
            return new Change(delta, Lengths.measure(target, delta, magnitude, byColumn, weights), bias);
        }
    }

    Unmeasured read(ModuleTensors tensors, Target target) {
        Piece bias = tensors.pieces().get(Part.BIAS);
        Piece magnitude = tensors.pieces().get(Part.MAGNITUDE);
        return new Unmeasured(
                delta(tensors, target),
                bias == null ? null : finite(tensors.module(), bias.part()),
                magnitude == null ? null : finite(tensors.module(), magnitude.part()),
                magnitude != null && new ModuleShapes(file, tensors, target).isByColumn(magnitude));
    }

    /** Returns the alpha of a module that counts, empty when it has none. */
    private Optional<Float> alpha(ModuleTensors tensors) {
        return tensors.alpha().map(Piece::entry).map(reader::number);
    }

    /** Returns the scale of a module's change; 1 where it has none. */
    float scale(ModuleTensors tensors) {
        int rank = tensors.ranked()
                .map(ranked -> Math.toIntExact(ranked.entry().shape().get(0)))
                .orElse(0);
        return scale.of(tensors, rank, alpha(tensors));
    }

    private @Nullable Delta delta(ModuleTensors tensors, Target target) {
        return switch (tensors.algorithm()) {
            case LORA -> lowRank(tensors);
            case FULL_RANK ->
                new Dense(finite(tensors.module(), tensors.piece(Part.DOWN).part()), target.in());
            case DIFFERENCE ->
                new Dense(
                        finite(tensors.module(), tensors.piece(Part.DIFFERENCE).part()), target.in());
            case LOKR -> kronecker(tensors, target);
            case LOHA -> hadamard(tensors, target);
            case NONE -> null;
        };
    }

    private LowRank lowRank(ModuleTensors tensors) {
        TensorEntry down = tensors.piece(Part.DOWN).entry();
        int rank = Math.toIntExact(down.shape().get(0));
        return new LowRank(
                rank,
                finite(tensors.module(), down),
                finite(tensors.module(), tensors.piece(Part.UP).part()),
                scale(tensors));
    }

    private Delta kronecker(ModuleTensors tensors, Target target) {
        Matrix left = factor(tensors, Part.LEFT, Part.LEFT_A, Part.LEFT_B);
        Matrix right = factor(tensors, Part.RIGHT, Part.RIGHT_A, Part.RIGHT_B);
        Kronecker product = new Kronecker(left.values(), left.rows(), right.values(), right.rows(), scale(tensors));
        Piece any = tensors.pieces().values().iterator().next();
        if (any.of() == 1) {
            return product;
        }
        float[] share = new float[Math.multiplyExact(target.out(), target.in())];
        product.add(any.index() * target.out(), target.out(), 1, share);
        return new Dense(share, target.in());
    }

    private Delta hadamard(ModuleTensors tensors, Target target) {
        Hadamard.Factor first = factor(tensors, Part.FIRST_A, Part.FIRST_B);
        Hadamard.Factor second = factor(tensors, Part.SECOND_A, Part.SECOND_B);
        return Hadamard.product(first, second, target, scale(tensors));
    }

    private Hadamard.Factor factor(ModuleTensors tensors, Part a, Part b) {
        TensorEntry rows = tensors.piece(b).entry();
        return new Hadamard.Factor(
                Math.toIntExact(rows.shape().get(0)),
                finite(tensors.module(), tensors.piece(a).part()),
                finite(tensors.module(), rows));
    }

    @SuppressWarnings("ArrayRecordComponent") // handed on, never compared
    private record Matrix(float[] values, int rows) {}

    private Matrix factor(ModuleTensors tensors, Part whole, Part a, Part b) {
        Piece piece = tensors.pieces().get(whole);
        if (piece != null) {
            return new Matrix(
                    finite(tensors.module(), piece.entry()),
                    Math.toIntExact(piece.entry().shape().get(0)));
        }
        float[] left = finite(tensors.module(), tensors.piece(a).entry());
        TensorEntry right = tensors.piece(b).entry();
        int rank = Math.toIntExact(right.shape().get(0));
        int rows = left.length / rank;
        int columns = Math.toIntExact(right.shape().get(1));
        float[] product = new float[Math.multiplyExact(rows, columns)];
        LowRank pair = new LowRank(rank, finite(tensors.module(), right), left, 1);
        pair.add(0, rows, 1, product);
        return new Matrix(product, rows);
    }

    private float[] finite(String module, TensorEntry tensor) {
        float[] values = reader.floats(tensor);
        for (float value : values) {
            if (!Float.isFinite(value)) {
                throw new PipelineException(
                        ErrorCode.LORA_INVALID,
                        file + ": module " + module + ": " + tensor.name() + " must be finite but holds " + value);
            }
        }
        return values;
    }
}
