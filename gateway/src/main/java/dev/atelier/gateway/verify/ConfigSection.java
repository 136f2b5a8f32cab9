package dev.atelier.gateway.verify;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/**
 * A mapping of {@code config.yaml}. A key whose value is null counts as absent. Getters fail with
 * {@link TrainingJobException#INVALID_CONFIG}, naming the key's full path, where the value has another type.
 */
final class ConfigSection {
    private final String path;
    private final Map<String, Object> values;

    private ConfigSection(String path, Map<String, Object> values) {
        this.path = path;
        this.values = values;
    }

    /** Wraps a parsed mapping; {@code path} names it in messages. */
    static ConfigSection of(String path, @Nullable Object value) {
        if (!(value instanceof Map<?, ?> map)) {
            throw wrongType(path, "a mapping", value);
        }
        Map<String, Object> values = new LinkedHashMap<>();
        map.forEach((key, inner) -> {
            if (inner != null) {
                values.put(String.valueOf(key), inner);
            }
        });
        return new ConfigSection(path, values);
    }

    boolean has(String key) {
        return values.containsKey(key);
    }

    /** Returns a nested mapping, empty when the key is absent. */
    ConfigSection section(String key) {
        return of(path(key), values.getOrDefault(key, Map.of()));
    }

    /** Returns the mappings of a list, empty when the key is absent. */
    List<ConfigSection> sections(String key) {
        List<ConfigSection> sections = new ArrayList<>();
        List<?> items = list(key);
        for (int i = 0; i < items.size(); i++) {
            sections.add(of(path(key) + "[" + i + "]", items.get(i)));
        }
        return sections;
    }

    /** Returns the texts of a list, empty when the key is absent. */
    List<String> texts(String key) {
        List<String> texts = new ArrayList<>();
        for (Object item : list(key)) {
            if (!(item instanceof String text)) {
                throw wrongType(path(key), "a list of texts", item);
            }
            texts.add(text);
        }
        return texts;
    }

    private List<?> list(String key) {
        Object value = values.getOrDefault(key, List.of());
        if (value instanceof List<?> items) {
            return items;
        }
        throw wrongType(path(key), "a list", value);
    }

    Optional<String> text(String key) {
        Object value = values.get(key);
        if (value == null) {
            return Optional.empty();
        }
        if (value instanceof String text) {
            return Optional.of(text);
        }
        throw wrongType(path(key), "text", value);
    }

    /** Returns a truth value as Python's {@code bool()} gives it: 0, false and the empty text are false. */
    boolean flag(String key, boolean otherwise) {
        Object value = values.get(key);
        if (value == null) {
            return otherwise;
        }
        if (value instanceof Number number) {
            return number.doubleValue() != 0;
        }
        return value instanceof Boolean truth ? truth : !value.toString().isEmpty();
    }

    OptionalDouble number(String key) {
        Object value = values.get(key);
        if (value == null) {
            return OptionalDouble.empty();
        }
        if (value instanceof Number number && Double.isFinite(number.doubleValue())) {
            return OptionalDouble.of(number.doubleValue());
        }
        throw wrongType(path(key), "a number", value);
    }

    /** Returns a whole number; {@code 8.0} counts as one. */
    Optional<Long> integer(String key) {
        OptionalDouble number = number(key);
        if (number.isEmpty()) {
            return Optional.empty();
        }
        Object value = values.get(key);
        if (value instanceof Integer || value instanceof Long) {
            return Optional.of(((Number) value).longValue());
        }
        if (number.getAsDouble() % 1 == 0 && Math.abs(number.getAsDouble()) < 1L << 53) {
            return Optional.of((long) number.getAsDouble());
        }
        throw wrongType(path(key), "a whole number", value);
    }

    @Nullable
    Object raw(String key) {
        return values.get(key);
    }

    String path(String key) {
        return path.isEmpty() ? key : path + "." + key;
    }

    private static TrainingJobException wrongType(String path, String expected, @Nullable Object actual) {
        String text = String.valueOf(actual);
        return new TrainingJobException(
                TrainingJobException.INVALID_CONFIG,
                "config.yaml: '" + path + "' must be " + expected + " but is "
                        + (text.length() > 80 ? text.substring(0, 80) + "..." : text));
    }
}
