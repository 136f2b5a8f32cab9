package dev.atelier.gateway.verify;

import dev.atelier.gateway.verify.SampleSection.SampleItem;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads the inline flags of a prompt, such as {@code a cat --w 512 --d 7}, and applies them to an item's settings, as
 * ai-toolkit's {@code GenerateImageConfig} does: split at every {@code --}, the flag ends at the first space, a later
 * flag wins, and a piece with an unknown flag is dropped.
 */
public final class PromptFlags {
    private static final BigInteger RANDOM = BigInteger.ONE.negate();
    private static final int LEAST_SIDE = 64;
    private static final int SIDE_MULTIPLE = 8;
    private static final int LARGEST = 1 << 20;

    /** Flags that the trainer reads but that change no Z-Image sample; the value must be a number there. */
    private static final Set<String> UNUSED_NUMBERS = Set.of("gr", "a", "ref");

    private static final Set<String> UNUSED_INTEGERS = Set.of("frames", "num_frames", "fps", "ctrl_idx");

    private String negative;
    private long width;
    private long height;
    private long steps;
    private double guidance;
    private double multiplier;
    private @Nullable BigInteger seed;

    private PromptFlags(SampleItem item) {
        negative = item.negative();
        width = item.width();
        height = item.height();
        steps = item.steps();
        guidance = item.guidance();
        multiplier = item.multiplier();
    }

    /**
     * Returns the settings that a prompt with flags asks for.
     *
     * @param text the prompt with its flags
     * @param defaults the settings where no flag gives one
     * @throws TrainingJobException when a flag's value is not the number that it needs
     */
    public static SampleSettings apply(String text, SampleSettings defaults) {
        SampleItem item = new SampleItem(
                defaults.negativePrompt(),
                defaults.width(),
                defaults.height(),
                defaults.steps(),
                defaults.guidanceScale(),
                defaults.multiplier());
        BigInteger seed = defaults.randomSeed() ? RANDOM : new BigInteger(Long.toUnsignedString(defaults.seed()));
        return apply(item, text, seed);
    }

    /**
     * Returns the settings that a prompt with flags was generated with.
     *
     * @param item the settings before the flags
     * @param text the prompt with its flags, trigger word replaced
     * @param walked the seed before the flags; -1 stands for one that the trainer drew
     */
    static SampleSettings apply(SampleItem item, String text, BigInteger walked) {
        PromptFlags flags = new PromptFlags(item);
        String[] pieces = text.isEmpty() ? new String[] {""} : text.strip().split("--", -1);
        for (int i = 1; i < pieces.length; i++) {
            flags.read(pieces[i]);
        }
        return flags.settings(pieces[0].strip(), walked);
    }

    private void read(String piece) {
        int space = piece.indexOf(' ');
        String flag = (space < 0 ? piece : piece.substring(0, space)).strip();
        String value = piece.substring(flag.length()).strip();
        switch (flag) {
            case "n" -> negative = value;
            case "w" -> width = bounded(flag, value);
            case "h" -> height = bounded(flag, value);
            case "d", "seed" -> seed = integer(flag, value);
            case "l", "cfg" -> guidance = number(flag, value);
            case "s", "steps" -> steps = bounded(flag, value);
            case "m", "network_multiplier" -> multiplier = number(flag, value);
            default -> checkUnused(flag, value);
        }
    }

    private static void checkUnused(String flag, String value) {
        if (UNUSED_NUMBERS.contains(flag)) {
            number(flag, value);
        } else if (UNUSED_INTEGERS.contains(flag)) {
            integer(flag, value);
        } else if (flag.equals("ev") || flag.equals("extra_values")) {
            Arrays.stream(value.split(",", -1)).forEach(part -> number(flag, part));
        }
    }

    private static long bounded(String flag, String value) {
        return integer(flag, value)
                .min(BigInteger.valueOf(LARGEST))
                .max(BigInteger.valueOf(-LARGEST))
                .longValueExact();
    }

    private static BigInteger integer(String flag, String value) {
        return SampleSection.require(
                PythonNumbers.integer(value),
                "the prompt's flag --" + flag + " needs a whole number but has '" + value + "'");
    }

    private static double number(String flag, String value) {
        return SampleSection.require(
                PythonNumbers.number(value), "the prompt's flag --" + flag + " needs a number but has '" + value + "'");
    }

    private SampleSettings settings(String prompt, BigInteger walked) {
        boolean random = seed == null && walked.equals(RANDOM);
        BigInteger used = seed == null ? walked : seed;
        if (used.bitLength() > (used.signum() < 0 ? Long.SIZE - 1 : Long.SIZE)) {
            throw SampleSection.invalid("seed " + used + " has more than 64 bits");
        }
        if (steps < 1 || steps > LARGEST) {
            throw SampleSection.invalid("sample_steps must be at least 1 but is " + steps);
        }
        if (!Double.isFinite(guidance) || !Double.isFinite(multiplier)) {
            throw SampleSection.invalid("guidance_scale and network_multiplier must be finite");
        }
        return new SampleSettings(
                prompt,
                negative,
                floored("width", width),
                floored("height", height),
                (int) steps,
                guidance,
                random ? 0 : used.longValue(),
                random,
                multiplier);
    }

    private static int floored(String name, long pixels) {
        if (pixels > LARGEST) {
            throw SampleSection.invalid(name + " must be at most " + LARGEST + " but is " + pixels);
        }
        return (int) Math.max(LEAST_SIDE, pixels - Math.floorMod(pixels, (long) SIDE_MULTIPLE));
    }
}
