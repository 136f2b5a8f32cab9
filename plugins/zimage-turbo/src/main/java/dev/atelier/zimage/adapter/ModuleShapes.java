package dev.atelier.zimage.adapter;

import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import dev.atelier.zimage.checkpoint.DType;
import dev.atelier.zimage.checkpoint.TensorEntry;
import java.util.Arrays;
import java.util.List;

/**
 * Holds the shapes and types of one module's tensors against the weight that they change, before any of them is read.
 *
 * @param file what messages call the file
 * @param tensors the tensors
 * @param target the weight
 */
record ModuleShapes(String file, ModuleTensors tensors, Target target) {
    /**
     * Checks everything.
     *
     * @return the bytes that the change will take in memory
     * @throws PipelineException {@link ErrorCode#LORA_INVALID} naming module, expected and actual
     */
    long check() {
        tensors.pieces().forEach(this::checkType);
        if (target.kind() != Target.Kind.LINEAR) {
            return checkVector();
        }
        checkBias();
        checkMagnitude();
        return switch (tensors.algorithm()) {
            case LORA -> checkLora();
            case FULL_RANK -> checkWhole(Part.DOWN);
            case DIFFERENCE -> checkWhole(Part.DIFFERENCE);
            case LOKR -> checkLokr();
            case LOHA -> checkLoha();
            case NONE -> 0;
        };
    }

    private long checkVector() {
        boolean difference = tensors.algorithm() == ModuleTensors.Algorithm.DIFFERENCE;
        for (Part part : tensors.pieces().keySet()) {
            if (!difference || part != Part.DIFFERENCE && part != Part.ALPHA) {
                throw invalid("is "
                        + (target.kind() == Target.Kind.NORM ? "a norm without bias" : "a learned token")
                        + ", which only a difference of its weight (diff or w_norm) can change, but "
                        + tensors.piece(part).name() + " is there");
            }
        }
        Piece piece = tensors.piece(Part.DIFFERENCE);
        long length = target.out();
        List<Long> shape = piece.entry().shape();
        if (!shape.equals(List.of(1L, length)) && !shape.equals(List.of(length, 1L))) {
            expect(piece, List.of(length));
        }
        return Float.BYTES * length;
    }

    private long checkLora() {
        Piece down = tensors.piece(Part.DOWN);
        Piece up = tensors.piece(Part.UP);
        long rank = Math.max(1, first(down));
        requireMatrix(down);
        requireMatrix(up);
        expect(down, List.of(rank, (long) target.in()));
        expect(up, List.of((long) target.out() * up.of(), rank));
        return Float.BYTES * (rank * target.in() + rank * target.out());
    }

    private long checkWhole(Part part) {
        Piece piece = tensors.piece(part);
        List<Long> expected = List.of((long) target.out() * piece.of(), (long) target.in());
        if (part == Part.DOWN && !piece.entry().shape().equals(expected)) {
            throw invalid(piece.name() + " has no other half (lora_B or lora_up), so that it must be a whole difference"
                    + " of shape " + expected + ", but has " + piece.entry().shape());
        }
        requireMatrix(piece);
        expect(piece, expected);
        return Float.BYTES * (long) target.out() * target.in();
    }

    private long checkLokr() {
        Piece any = tensors.pieces().containsKey(Part.LEFT) ? tensors.piece(Part.LEFT) : tensors.piece(Part.LEFT_A);
        long[] left = factor(Part.LEFT, Part.LEFT_A, Part.LEFT_B);
        long[] right = factor(Part.RIGHT, Part.RIGHT_A, Part.RIGHT_B);
        long out = (long) target.out() * any.of();
        boolean fits = divides(left[0], right[0], out) && divides(left[1], right[1], target.in());
        if (!fits) {
            throw invalid("the Kronecker product of lokr_w1 " + text(left) + " and lokr_w2 " + text(right)
                    + " must have shape [" + out + ", " + target.in() + "] but does not");
        }
        return Float.BYTES * (any.of() == 1 ? left[0] * left[1] + right[0] * right[1] : out * target.in());
    }

    private static boolean divides(long a, long b, long product) {
        return a >= 1 && a <= product && b >= 1 && b <= product && a * b == product;
    }

    private long[] factor(Part whole, Part a, Part b) {
        if (tensors.pieces().containsKey(whole)) {
            Piece piece = tensors.piece(whole);
            requireMatrix(piece);
            return piece.entry().dimensions();
        }
        return halves(tensors.piece(a), tensors.piece(b));
    }

    /** Returns the shape of a product of two matrices that have one rank. */
    private long[] halves(Piece rows, Piece columns) {
        requireMatrix(rows);
        requireMatrix(columns);
        long rank = Math.max(1, first(columns));
        expect(rows, List.of(first(rows), rank));
        expect(columns, List.of(rank, columns.entry().shape().get(1)));
        return new long[] {first(rows), columns.entry().shape().get(1)};
    }

    private long checkLoha() {
        long[] first = halves(tensors.piece(Part.FIRST_A), tensors.piece(Part.FIRST_B));
        long[] second = halves(tensors.piece(Part.SECOND_A), tensors.piece(Part.SECOND_B));
        Piece any = tensors.piece(Part.FIRST_A);
        long[] expected = {(long) target.out() * any.of(), target.in()};
        if (!Arrays.equals(first, expected) || !Arrays.equals(second, expected)) {
            throw invalid("the factors hada_w1 " + text(first) + " and hada_w2 " + text(second)
                    + " must both have shape " + text(expected) + " but do not");
        }
        return Hadamard.bytes(target, first(tensors.piece(Part.FIRST_B)), first(tensors.piece(Part.SECOND_B)));
    }

    private void checkBias() {
        Piece bias = tensors.pieces().get(Part.BIAS);
        if (bias != null) {
            if (!target.biased()) {
                throw invalid("has no bias that " + bias.name() + " could change");
            }
            expect(bias, List.of((long) target.out() * bias.of()));
        }
    }

    private void checkMagnitude() {
        Piece piece = tensors.pieces().get(Part.MAGNITUDE);
        if (piece == null || isByColumn(piece)) {
            return;
        }
        long out = (long) target.out() * piece.of();
        expect(piece, piece.entry().shape().size() == 2 ? List.of(out, 1L) : List.of(out));
    }

    /** Says whether lengths are those of columns; of a matrix with one row, they are its row's. */
    boolean isByColumn(Piece magnitude) {
        List<Long> shape = magnitude.entry().shape();
        return magnitude.of() == 1
                && shape.equals(List.of(1L, (long) target.in()))
                && !shape.equals(List.of((long) target.out(), 1L));
    }

    private void checkType(Part part, Piece piece) {
        DType dtype = piece.entry().dtype();
        TensorEntry entry = piece.entry();
        if (part == Part.ALPHA) {
            if (entry.elements() != 1 || !dtype.isNumber()) {
                throw invalid("alpha must be one number but " + entry.name() + " is " + dtype + " " + entry.shape());
            }
        } else if (!dtype.isReadable()) {
            throw invalid(entry.name() + " must be " + DType.READABLE + " but is " + dtype);
        }
    }

    private void requireMatrix(Piece piece) {
        if (piece.entry().shape().size() != 2) {
            throw invalid(piece.name() + " must have two dimensions but has "
                    + piece.entry().shape());
        }
    }

    private void expect(Piece piece, List<Long> expected) {
        if (!piece.entry().shape().equals(expected)) {
            throw invalid(piece.name() + " must have shape " + expected + " but has "
                    + piece.entry().shape());
        }
    }

    private static long first(Piece piece) {
        List<Long> shape = piece.entry().shape();
        return shape.isEmpty() ? 0 : shape.get(0);
    }

    private static String text(long[] shape) {
        return Arrays.toString(shape);
    }

    private PipelineException invalid(String what) {
        return new PipelineException(ErrorCode.LORA_INVALID, file + ": module " + target.name() + ": " + what);
    }
}
