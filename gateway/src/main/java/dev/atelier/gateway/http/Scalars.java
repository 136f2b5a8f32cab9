package dev.atelier.gateway.http;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads single values as leniently as the reference does: {@code "128"} and {@code 128.0} are whole numbers,
 * {@code "1.0"} is a number, {@code "true"}, {@code "yes"} and {@code 1} are true. Empty means: it cannot be read so.
 */
final class Scalars {
    private static final Pattern WHOLE = Pattern.compile("[+-]?\\d{1,40}(\\.0*)?");
    private static final Pattern DECIMAL =
            Pattern.compile("[+-]?(\\d{1,400}(\\.\\d{0,400})?|\\.\\d{1,400})([eE][+-]?\\d{1,5})?");
    private static final Set<String> TRUE = Set.of("true", "t", "yes", "y", "on", "1");
    private static final Set<String> FALSE = Set.of("false", "f", "no", "n", "off", "0");

    private Scalars() {}

    /** Reads a text. One with half a surrogate pair is none: it has no UTF-8 form. */
    static Optional<String> string(@Nullable Object value) {
        return value instanceof String text && isWellFormed(text) ? Optional.of(text) : Optional.empty();
    }

    /** Reads a truth value. */
    static Optional<Boolean> bool(@Nullable Object value) {
        if (value instanceof Boolean truth) {
            return Optional.of(truth);
        }
        String text = value instanceof Number number
                ? integer(number).map(BigInteger::toString).orElse("")
                : value instanceof String word ? word.toLowerCase(Locale.ROOT) : "";
        return TRUE.contains(text) ? Optional.of(true) : FALSE.contains(text) ? Optional.of(false) : Optional.empty();
    }

    /** Reads a number. */
    static Optional<Double> number(@Nullable Object value) {
        if (value instanceof Number number) {
            return Optional.of(number.doubleValue());
        }
        return value instanceof String text && DECIMAL.matcher(text.strip()).matches()
                ? Optional.of(Double.valueOf(text.strip()))
                : Optional.empty();
    }

    /** Reads a whole number of any size. */
    static Optional<BigInteger> integer(@Nullable Object value) {
        if (value instanceof Double number) {
            return Double.isInfinite(number) || number % 1 != 0
                    ? Optional.empty()
                    : Optional.of(new BigDecimal(number).toBigIntegerExact());
        }
        if (value instanceof Number number) {
            return Optional.of(new BigInteger(number.toString()));
        }
        return value instanceof String text && WHOLE.matcher(text.strip()).matches()
                ? Optional.of(new BigDecimal(text.strip()).toBigIntegerExact())
                : Optional.empty();
    }

    /** Returns whether a value is a number, but no whole one. */
    static boolean isFraction(@Nullable Object value) {
        return value instanceof Number && integer(value).isEmpty();
    }

    /** Compares two numbers exactly; an infinite one lies outside of all others. */
    static int compare(Number left, Number right) {
        return left instanceof Double number && Double.isInfinite(number)
                ? Double.compare(number, 0)
                : new BigDecimal(left.toString()).compareTo(new BigDecimal(right.toString()));
    }

    private static boolean isWellFormed(String text) {
        for (int i = 0; i < text.length(); i++) {
            char unit = text.charAt(i);
            if (Character.isHighSurrogate(unit)
                    && i + 1 < text.length()
                    && Character.isLowSurrogate(text.charAt(i + 1))) {
                i++;
            } else if (Character.isSurrogate(unit)) {
                return false;
            }
        }
        return true;
    }
}
