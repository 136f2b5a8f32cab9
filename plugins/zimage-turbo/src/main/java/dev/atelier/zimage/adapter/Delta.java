package dev.atelier.zimage.adapter;

/** What is added to a weight {@code [out, in]} at strength 1. Immutable: arrays are not to be changed. */
sealed interface Delta permits LowRank, Kronecker, Dense {
    /**
     * Adds rows of it.
     *
     * @param from the first row
     * @param count how many
     * @param strength what each is multiplied with
     * @param into {@code [count, in]}
     */
    void add(int from, int count, float strength, float[] into);

    /** Returns the memory that it takes. */
    long bytes();

    /** Adds strength times a part of one array to a part of another; the compiler vectorises it. */
    static void addScaled(float strength, float[] values, int from, float[] into, int at, int count) {
        for (int i = 0; i < count; i++) {
            into[at + i] += strength * values[from + i];
        }
    }
}
