package dev.atelier.gateway.verify;

import java.math.BigInteger;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads numbers as Python's {@code int(text)} and {@code float(text)} do. */
final class PythonNumbers {
    private static final int MOST_CHARACTERS = 100;
    private static final Pattern INTEGER = Pattern.compile("[+-]?[0-9]+(_[0-9]+)*");
    private static final Pattern DECIMAL =
            Pattern.compile("[+-]?([0-9][0-9_]*(\\.[0-9_]*)?|\\.[0-9][0-9_]*)([eE][+-]?[0-9]+)?");

    private PythonNumbers() {}

    /** Returns the whole number, or null when Python refuses the text. */
    static @Nullable BigInteger integer(String text) {
        String stripped = text.strip();
        return stripped.length() <= MOST_CHARACTERS && INTEGER.matcher(stripped).matches()
                ? new BigInteger(stripped.replace("_", ""))
                : null;
    }

    /** Returns the number, which may be infinite, or null when Python refuses the text. */
    static @Nullable Double number(String text) {
        String stripped = text.strip();
        return stripped.length() <= MOST_CHARACTERS && DECIMAL.matcher(stripped).matches()
                ? Double.valueOf(stripped.replace("_", ""))
                : null;
    }
}
