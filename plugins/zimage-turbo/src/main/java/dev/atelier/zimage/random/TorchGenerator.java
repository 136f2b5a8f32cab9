package dev.atelier.zimage.random;

/**
 * Draws what {@code torch.randn(..., dtype=float32)} draws from a CPU generator, to within 5e-7.
 *
 * <p>After ATen's {@code DistributionTemplates.h} and {@code CPUGeneratorImpl} of PyTorch 2.13: 16 or more numbers take
 * single-precision uniforms in blocks of 16, fewer take double-precision ones in pairs. One deliberate difference:
 * logarithm, sine and cosine are evaluated in double precision from the same single-precision arguments, where PyTorch
 * uses vectorised single-precision ones. Not thread-safe.
 */
public final class TorchGenerator {
    private static final int BLOCK = 16;
    private static final int HALF_BLOCK = BLOCK / 2;
    private static final int FLOAT_BITS = 0xffffff;
    private static final float FLOAT_UNIT = 0x1p-24f;
    private static final long DOUBLE_BITS = (1L << 53) - 1;
    private static final double DOUBLE_UNIT = 0x1p-53;
    private static final float TWO_PI = (float) (2 * Math.PI);

    private final MersenneTwister engine;
    private double spare;
    private boolean hasSpare;

    /**
     * Creates a generator as {@code torch.Generator().manual_seed(seed)} does.
     *
     * @param seed unsigned; only its low 32 bits count, as in PyTorch
     */
    public TorchGenerator(long seed) {
        this.engine = new MersenneTwister((int) seed);
    }

    /** Returns the next {@code count} numbers of the standard normal distribution. */
    public float[] randn(int count) {
        float[] values = new float[count];
        if (count < BLOCK) {
            for (int i = 0; i < count; i++) {
                values[i] = (float) nextNormal();
            }
            return values;
        }
        fillUniform(values, 0);
        for (int i = 0; i + BLOCK <= count; i += BLOCK) {
            transformBlock(values, i);
        }
        if (count % BLOCK != 0) {
            // The last block overlaps the one before it, and is drawn afresh.
            fillUniform(values, count - BLOCK);
            transformBlock(values, count - BLOCK);
        }
        return values;
    }

    private void fillUniform(float[] values, int from) {
        for (int i = from; i < values.length; i++) {
            values[i] = (engine.next32() & FLOAT_BITS) * FLOAT_UNIT;
        }
    }

    private static void transformBlock(float[] values, int from) {
        for (int i = from; i < from + HALF_BLOCK; i++) {
            float u1 = 1 - values[i];
            float angle = TWO_PI * values[i + HALF_BLOCK];
            double radius = Math.sqrt(-2 * Math.log(u1));
            values[i] = (float) (radius * Math.cos(angle));
            values[i + HALF_BLOCK] = (float) (radius * Math.sin(angle));
        }
    }

    private double nextNormal() {
        if (hasSpare) {
            hasSpare = false;
            return spare;
        }
        double angle = 2 * Math.PI * nextUniform();
        double radius = Math.sqrt(-2 * Math.log1p(-nextUniform()));
        spare = radius * Math.sin(angle);
        hasSpare = true;
        return radius * Math.cos(angle);
    }

    private double nextUniform() {
        long high = Integer.toUnsignedLong(engine.next32());
        long low = Integer.toUnsignedLong(engine.next32());
        return ((high << Integer.SIZE | low) & DOUBLE_BITS) * DOUBLE_UNIT;
    }
}
