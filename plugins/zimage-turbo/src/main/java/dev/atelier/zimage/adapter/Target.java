package dev.atelier.zimage.adapter;

/**
 * A weight of the model that an adapter may change: that of a linear, or a vector.
 *
 * @param name the module's name in the checkpoint, such as {@code layers.0.attention.to_q}
 * @param out features that it gives; a vector's length
 * @param in features that it takes; 1 for a vector
 * @param biased whether it has a bias
 * @param kind which weight this is
 */
public record Target(String name, int out, int in, boolean biased, Kind kind) {
    /** Which kinds of weights adapters change. */
    public enum Kind {
        /** A matrix {@code NAME.weight [out, in]}. */
        LINEAR,
        /** The weight of an RMS norm, {@code NAME.weight [out]}. */
        NORM,
        /** A learned token, {@code NAME [1, out]}. */
        TOKEN
    }

    /** A linear. */
    public Target(String name, int out, int in, boolean biased) {
        this(name, out, in, biased, Kind.LINEAR);
    }

    /** Returns the weight of an RMS norm. */
    public static Target norm(String name, int length) {
        return new Target(name, length, 1, false, Kind.NORM);
    }

    /** Returns a learned token. */
    public static Target token(String name, int length) {
        return new Target(name, length, 1, false, Kind.TOKEN);
    }

    /** Returns the name of the weight's tensor in the checkpoint. */
    public String weightName() {
        return kind == Kind.TOKEN ? name : name + ".weight";
    }

    /** Returns the shape of the weight's tensor in the checkpoint. */
    public long[] weightShape() {
        return switch (kind) {
            case LINEAR -> new long[] {out, in};
            case NORM -> new long[] {out};
            case TOKEN -> new long[] {1, out};
        };
    }
}
