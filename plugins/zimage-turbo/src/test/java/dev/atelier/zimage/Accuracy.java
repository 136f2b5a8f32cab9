package dev.atelier.zimage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** How far a tensor is from the real pipeline's. */
public final class Accuracy {
    private Accuracy() {}

    /** Returns the norm of the difference over the norm of what was expected. */
    public static double relativeError(float[] expected, float[] actual) {
        assertEquals(expected.length, actual.length, "elements");
        double difference = 0;
        double norm = 0;
        for (int i = 0; i < expected.length; i++) {
            double d = actual[i] - (double) expected[i];
            difference += d * d;
            norm += expected[i] * (double) expected[i];
        }
        return Math.sqrt(difference / norm);
    }

    /** Fails when the relative error is above the bound or no number. */
    public static void assertClose(String what, float[] expected, float[] actual, double bound) {
        double error = relativeError(expected, actual);
        assertTrue(error <= bound, () -> what + ": relative error " + error + " is above " + bound);
    }
}
