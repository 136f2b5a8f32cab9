package dev.atelier.zimage.adapter;

import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The tensors of an adapter file that change one module, judged by their names: which algorithm they belong to, and
 * that none is missing.
 *
 * @param module the module's name in the checkpoint
 * @param spelled its name in the file
 * @param writer who writes such keys
 * @param pieces the tensors
 */
record ModuleTensors(String module, String spelled, String writer, Map<Part, Piece> pieces) {
    /** How a module's weight is changed. */
    enum Algorithm {
        /** B(A x). */
        LORA,
        /** A difference stored as A alone. */
        FULL_RANK,
        /** A difference. */
        DIFFERENCE,
        /** A Kronecker product. */
        LOKR,
        /** A Hadamard product of two low-rank products. */
        LOHA,
        /** Not at all; its bias is. */
        NONE
    }

    private static final Set<Part> HADAMARD = EnumSet.of(Part.FIRST_A, Part.FIRST_B, Part.SECOND_A, Part.SECOND_B);

    /** Copies the map. */
    ModuleTensors {
        pieces = Collections.unmodifiableMap(new EnumMap<>(pieces));
    }

    /** Returns how the weight is changed. */
    Algorithm algorithm() {
        if (pieces.containsKey(Part.DOWN)) {
            return pieces.containsKey(Part.UP) ? Algorithm.LORA : Algorithm.FULL_RANK;
        }
        if (pieces.containsKey(Part.DIFFERENCE)) {
            return Algorithm.DIFFERENCE;
        }
        if (hasHadamard()) {
            return Algorithm.LOHA;
        }
        return hasLeft() ? Algorithm.LOKR : Algorithm.NONE;
    }

    /** Returns what reports call the algorithm. */
    String label() {
        String label =
                switch (algorithm()) {
                    case LORA -> "lora";
                    case FULL_RANK -> "fullrank";
                    case DIFFERENCE -> "difference";
                    case LOKR -> "lokr";
                    case LOHA -> "loha";
                    case NONE -> "bias difference";
                };
        return pieces.containsKey(Part.MAGNITUDE) ? label + " (dora)" : label;
    }

    /** Returns the tensor whose rows are the rank that alpha is divided by; empty where there is no rank. */
    Optional<Piece> ranked() {
        return Optional.ofNullable(
                switch (algorithm()) {
                    case LORA -> pieces.get(Part.DOWN);
                    case LOKR -> pieces.containsKey(Part.RIGHT_B) ? pieces.get(Part.RIGHT_B) : pieces.get(Part.LEFT_B);
                    case LOHA -> pieces.get(Part.FIRST_B);
                    default -> null;
                });
    }

    /** Returns the features that the changed module gives, by the tensors alone; 1 where they do not tell. */
    int out() {
        return switch (algorithm()) {
            case LORA -> length(Part.UP, 0, true);
            case FULL_RANK -> length(Part.DOWN, 0, true);
            case DIFFERENCE -> length(Part.DIFFERENCE, 0, true);
            case LOHA -> length(Part.FIRST_A, 0, true);
            case LOKR ->
                bounded((long) length(hasWhole(Part.LEFT) ? Part.LEFT : Part.LEFT_A, 0, false)
                        * length(hasWhole(Part.RIGHT) ? Part.RIGHT : Part.RIGHT_A, 0, true));
            case NONE -> length(Part.BIAS, 0, true);
        };
    }

    /** Returns the features that the changed module takes, by the tensors alone; 1 where they do not tell. */
    int in() {
        return switch (algorithm()) {
            case LORA, FULL_RANK -> length(Part.DOWN, 1, false);
            case DIFFERENCE -> length(Part.DIFFERENCE, 1, false);
            case LOHA -> length(Part.FIRST_B, 1, false);
            case LOKR ->
                bounded((long) length(hasWhole(Part.LEFT) ? Part.LEFT : Part.LEFT_B, 1, false)
                        * length(hasWhole(Part.RIGHT) ? Part.RIGHT : Part.RIGHT_B, 1, false));
            case NONE -> 1;
        };
    }

    private boolean hasWhole(Part part) {
        return pieces.containsKey(part);
    }

    private int length(Part part, int axis, boolean shared) {
        Piece piece = piece(part);
        List<Long> shape = piece.entry().shape();
        return axis < shape.size() ? bounded(shape.get(axis) / (shared ? piece.of() : 1)) : 1;
    }

    private static int bounded(long length) {
        return (int) Math.max(1, Math.min(Integer.MAX_VALUE, length));
    }

    /** Returns the alpha that counts: where there is no rank to divide it by, it says nothing. */
    Optional<Piece> alpha() {
        return ranked().flatMap(ranked -> Optional.ofNullable(pieces.get(Part.ALPHA)));
    }

    /** Says whether the tensors change anything. */
    boolean changes() {
        return algorithm() != Algorithm.NONE || pieces.containsKey(Part.BIAS);
    }

    /**
     * Checks that the tensors are those of one algorithm and complete.
     *
     * @param file what messages call the file
     * @throws PipelineException {@link ErrorCode#LORA_INVALID}
     */
    void check(String file) {
        List<String> ways = new ArrayList<>();
        if (pieces.containsKey(Part.DOWN) || pieces.containsKey(Part.UP)) {
            ways.add("LoRA");
        }
        if (pieces.containsKey(Part.DIFFERENCE)) {
            ways.add("a difference");
        }
        if (hasLeft() || hasRight()) {
            ways.add("LoKr");
        }
        if (hasHadamard()) {
            ways.add("LoHa");
        }
        if (ways.size() > 1) {
            throw invalid(file, "is adapted twice, by " + String.join(" and by ", ways));
        }
        if (pieces.containsKey(Part.UP) && !pieces.containsKey(Part.DOWN)) {
            throw without(file, Part.UP, "its other half (lora_A or lora_down)");
        }
        if (hasHadamard() && !pieces.keySet().containsAll(HADAMARD)) {
            throw invalid(file, "must have hada_w1_a, hada_w1_b, hada_w2_a and hada_w2_b but lacks one of them");
        }
        checkFactor(file, Part.LEFT, Part.LEFT_A, Part.LEFT_B, "lokr_w1");
        checkFactor(file, Part.RIGHT, Part.RIGHT_A, Part.RIGHT_B, "lokr_w2");
        if (hasLeft() != hasRight()) {
            throw invalid(file, "has " + (hasLeft() ? "lokr_w1 without lokr_w2" : "lokr_w2 without lokr_w1"));
        }
        if (ways.isEmpty() && pieces.containsKey(Part.MAGNITUDE)) {
            throw without(file, Part.MAGNITUDE, "the weights that it belongs to");
        }
    }

    private void checkFactor(String file, Part whole, Part a, Part b, String name) {
        boolean halves = pieces.containsKey(a) || pieces.containsKey(b);
        if (halves && pieces.containsKey(whole)) {
            throw invalid(file, "has " + name + " twice, whole and as a product");
        }
        if (pieces.containsKey(a) != pieces.containsKey(b)) {
            throw invalid(file, "has " + name + "_a or " + name + "_b without the other");
        }
    }

    private boolean hasHadamard() {
        return HADAMARD.stream().anyMatch(pieces::containsKey);
    }

    private boolean hasLeft() {
        return pieces.containsKey(Part.LEFT) || pieces.containsKey(Part.LEFT_A) || pieces.containsKey(Part.LEFT_B);
    }

    private boolean hasRight() {
        return pieces.containsKey(Part.RIGHT) || pieces.containsKey(Part.RIGHT_A) || pieces.containsKey(Part.RIGHT_B);
    }

    /** Returns a tensor that must be there. */
    Piece piece(Part part) {
        Piece piece = pieces.get(part);
        if (piece == null) {
            throw new IllegalStateException(module + " has no " + part);
        }
        return piece;
    }

    private PipelineException without(String file, Part part, String what) {
        return invalid(file, "has " + piece(part).name() + " without " + what);
    }

    private PipelineException invalid(String file, String what) {
        return new PipelineException(ErrorCode.LORA_INVALID, file + ": module " + module + " " + what);
    }
}
