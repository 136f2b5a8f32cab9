package dev.atelier.gateway.verify;

/**
 * A way in which the trainer's previews differ from inference.
 *
 * @param name the difference's name for programs, such as {@code quantized-transformer}
 * @param explanation whether it is reproduced, in a sentence
 * @param explainedGap the largest gap to the floor, in dB, that it explains; 0 where it is reproduced or too small
 */
public record Difference(String name, String explanation, double explainedGap) {
    /** Returns a difference that the request reproduces. */
    static Difference reproduced(String name, String how) {
        return new Difference(name, "reproduced: " + how, 0);
    }

    /** Returns a difference that no request reproduces. */
    static Difference notReproduced(String name, String why, double explainedGap) {
        return new Difference(name, "cannot be reproduced, because " + why, explainedGap);
    }
}
