package dev.atelier.zimage.random;

/**
 * The 32-bit generator MT19937 of Matsumoto and Nishimura (2002), seeded by {@code init_genrand}. PyTorch's CPU
 * generator is this engine.
 */
final class MersenneTwister {
    private static final int N = 624;
    private static final int M = 397;
    private static final int TWIST = 0x9908b0df;
    private static final int INITIAL_MULTIPLIER = 1812433253;

    private final int[] state = new int[N];
    private int next = N;

    MersenneTwister(int seed) {
        state[0] = seed;
        for (int i = 1; i < N; i++) {
            state[i] = INITIAL_MULTIPLIER * (state[i - 1] ^ (state[i - 1] >>> 30)) + i;
        }
    }

    /** Returns the next 32 random bits. */
    int next32() {
        if (next == N) {
            refill();
        }
        int y = state[next++];
        y ^= y >>> 11;
        y ^= (y << 7) & 0x9d2c5680;
        y ^= (y << 15) & 0xefc60000;
        return y ^ (y >>> 18);
    }

    private void refill() {
        for (int i = 0; i < N; i++) {
            int mixed = (state[i] & 0x80000000) | (state[(i + 1) % N] & 0x7fffffff);
            state[i] = state[(i + M) % N] ^ (mixed >>> 1) ^ ((mixed & 1) == 0 ? 0 : TWIST);
        }
        next = 0;
    }
}
