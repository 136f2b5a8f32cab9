package dev.atelier.plugin;

/**
 * Where a pipeline runs.
 *
 * @param kind the execution provider
 * @param index the device's number among its kind; 0 for the CPU
 */
public record Device(Kind kind, int index) {
    /** The kinds of device that are told apart. */
    public enum Kind {
        /** The processor. */
        CPU,
        /** An NVIDIA GPU. */
        CUDA
    }

    /** The processor. */
    public static final Device CPU = new Device(Kind.CPU, 0);

    /** Checks the index. */
    public Device {
        if (index < 0) {
            throw new IllegalArgumentException("device index must not be negative but was " + index);
        }
    }

    /** Returns the NVIDIA GPU of that index. */
    public static Device cuda(int index) {
        return new Device(Kind.CUDA, index);
    }

    /** Returns {@code cpu} or {@code cuda:N}. */
    @Override
    public String toString() {
        return kind == Kind.CPU ? "cpu" : "cuda:" + index;
    }
}
