package dev.atelier.gateway.verify;

import java.util.Arrays;

/**
 * A version of ai-toolkit, as far as its numbers can be read. Samples changed at 0.9.15 (size divisor 16 for 32),
 * 0.10.21 (guidance less 1) and 0.10.25 (diffusers' sigmas).
 */
record TrainerVersion(int major, int minor, int patch) implements Comparable<TrainerVersion> {
    static final TrainerVersion DIVISOR_16 = new TrainerVersion(0, 9, 15);
    static final TrainerVersion GUIDANCE_LESS_ONE = new TrainerVersion(0, 10, 21);
    static final TrainerVersion CURRENT_SIGMAS = new TrainerVersion(0, 10, 25);

    /** Reads {@code 0.10.21}; a part that is no number counts as 0. */
    static TrainerVersion of(String text) {
        int[] parts = Arrays.stream(text.split("[.]", 4))
                .limit(3)
                .mapToInt(TrainerVersion::number)
                .toArray();
        int[] three = Arrays.copyOf(parts, 3);
        return new TrainerVersion(three[0], three[1], three[2]);
    }

    private static int number(String part) {
        return part.length() <= 9 && !part.isEmpty() && part.chars().allMatch(c -> c >= '0' && c <= '9')
                ? Integer.parseInt(part)
                : 0;
    }

    /** Returns whether samples of this version differ from those of current ones. */
    boolean isLegacy() {
        return compareTo(CURRENT_SIGMAS) < 0;
    }

    @Override
    public int compareTo(TrainerVersion other) {
        int majors = Integer.compare(major, other.major);
        int minors = Integer.compare(minor, other.minor);
        return majors != 0 ? majors : minors != 0 ? minors : Integer.compare(patch, other.patch);
    }
}
