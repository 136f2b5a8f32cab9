package dev.atelier.zimage.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * A JSON object of settings, such as a checkpoint's {@code config.json}, read by key. A key whose value is null counts
 * as absent. Whole numbers may be written as {@code 1000}, {@code 1000.0} or {@code 1e3}. Every failure names file,
 * key, what was expected and what is there.
 */
public final class Config {
    private static final long MAX_BYTES = 10_000_000;

    /**
     * What messages call the settings.
     *
     * @param name of the file
     * @param code of every failure
     */
    public record Named(String name, ErrorCode code) {
        PipelineException invalid(String problem, @Nullable Throwable cause) {
            return new PipelineException(code, name + ": " + problem, cause);
        }
    }

    private final Named named;
    private final String prefix;
    private final ObjectNode object;

    private Config(Named named, String prefix, ObjectNode object) {
        this.named = named;
        this.prefix = prefix;
        this.object = object;
    }

    /** Reads a file of a checkpoint; failures are {@link ErrorCode#CHECKPOINT_INVALID}. */
    public static Config open(Path file) {
        return open(file, new Named(file.toString(), ErrorCode.CHECKPOINT_INVALID), MAX_BYTES);
    }

    /** Reads a file of at most so many bytes. */
    public static Config open(Path file, Named named, long maxBytes) {
        return new Config(named, "", JsonFile.read(file, named, maxBytes));
    }

    /** Reads a text. */
    public static Config parse(String text, Named named) {
        return new Config(named, "", JsonFile.parse(text, named));
    }

    /** Says whether the key is there and neither null, false nor empty. */
    public boolean isSet(String key) {
        JsonNode node = object.get(key);
        boolean empty = node == null
                || node.isNull()
                || node.isContainerNode() && node.isEmpty()
                || node.isTextual() && node.textValue().isEmpty()
                || node.isBoolean() && !node.booleanValue();
        return !empty;
    }

    /** Says whether the key's value is a string. */
    public boolean isText(String key) {
        return object.path(key).isTextual();
    }

    /** Returns finite numbers by name, in their order; none when the key is absent. */
    public Map<String, Double> numbers(String key) {
        Map<String, Double> numbers = new LinkedHashMap<>();
        object(key)
                .ifPresent(inner -> inner.object
                        .fieldNames()
                        .forEachRemaining(name -> numbers.put(name, inner.asNumber(name, inner.object.get(name)))));
        return numbers;
    }

    /** Says whether the key is there and not null. */
    public boolean has(String key) {
        return object.hasNonNull(key);
    }

    /** Returns the keys whose values are not null, in alphabetical order. */
    public Set<String> keys() {
        Set<String> keys = new TreeSet<>();
        object.properties().forEach(property -> {
            if (!property.getValue().isNull()) {
                keys.add(property.getKey());
            }
        });
        return keys;
    }

    /** Returns a whole number in the range of an int. */
    public int integer(String key) {
        return asInt(key, required(key));
    }

    /** Returns a whole number, or the default when the key is absent. */
    public int integer(String key, int absent) {
        return optional(key, this::asInt).orElse(absent);
    }

    /** Returns a whole number that is at least 1. */
    public int positive(String key) {
        return asPositive(key, required(key));
    }

    /** Returns a whole number that is at least 1, or the default when the key is absent. */
    public int positive(String key, int absent) {
        return optional(key, this::asPositive).orElse(absent);
    }

    /** Returns a finite number. */
    public double number(String key) {
        return asNumber(key, required(key));
    }

    /** Returns a finite number, or the default when the key is absent. */
    public double number(String key, double absent) {
        return optional(key, this::asNumber).orElse(absent);
    }

    /** Returns a truth value. */
    public boolean flag(String key) {
        return asFlag(key, required(key));
    }

    /** Returns a truth value, or the default when the key is absent. */
    public boolean flag(String key, boolean absent) {
        return optional(key, this::asFlag).orElse(absent);
    }

    /** Returns a string. */
    public String text(String key) {
        return asText(key, required(key));
    }

    /** Returns a string, or the default when the key is absent. */
    public String text(String key, String absent) {
        return optional(key, this::asText).orElse(absent);
    }

    /** Returns a list of whole numbers. */
    public List<Integer> integers(String key) {
        return asList(key, required(key), this::asInt);
    }

    /** Returns a list of whole numbers, or the default when the key is absent. */
    public List<Integer> integers(String key, List<Integer> absent) {
        return optional(key, (name, node) -> asList(name, node, this::asInt)).orElse(absent);
    }

    /** Returns a list of strings, or the default when the key is absent. */
    public List<String> texts(String key, List<String> absent) {
        return optional(key, (name, node) -> asList(name, node, this::asText)).orElse(absent);
    }

    /** Returns an object inside this one, empty when the key is absent. */
    public Optional<Config> object(String key) {
        return optional(key, (name, node) -> {
            if (node instanceof ObjectNode inner) {
                return new Config(named, prefix + name + ".", inner);
            }
            throw wrong(name, "an object", node);
        });
    }

    /** Returns a list of objects inside this one. */
    public List<Config> objects(String key) {
        return asList(key, required(key), (name, node) -> {
            if (node instanceof ObjectNode inner) {
                return new Config(named, prefix + name + ".", inner);
            }
            throw wrong(name, "an object", node);
        });
    }

    /** Returns a failure about a key of this file, for rules that the caller knows. */
    public PipelineException invalid(String key, String problem) {
        return named.invalid(prefix + key + " " + problem, null);
    }

    private JsonNode required(String key) {
        if (!has(key)) {
            throw invalid(key, "is missing");
        }
        return object.get(key);
    }

    private <T> Optional<T> optional(String key, BiFunction<String, JsonNode, T> read) {
        return has(key) ? Optional.of(read.apply(key, object.get(key))) : Optional.empty();
    }

    private int asInt(String key, JsonNode node) {
        if (!node.isNumber()) {
            throw wrong(key, "a whole number", node);
        }
        double value = node.doubleValue();
        if (value != Math.rint(value) || Math.abs(value) > Integer.MAX_VALUE) {
            throw wrong(key, "a whole number of at most 32 bits", node);
        }
        return (int) value;
    }

    private int asPositive(String key, JsonNode node) {
        int value = asInt(key, node);
        if (value < 1) {
            throw wrong(key, "at least 1", node);
        }
        return value;
    }

    private double asNumber(String key, JsonNode node) {
        if (!node.isNumber() || !Double.isFinite(node.doubleValue())) {
            throw wrong(key, "a finite number", node);
        }
        return node.doubleValue();
    }

    private boolean asFlag(String key, JsonNode node) {
        if (!node.isBoolean()) {
            throw wrong(key, "true or false", node);
        }
        return node.booleanValue();
    }

    private String asText(String key, JsonNode node) {
        if (!node.isTextual()) {
            throw wrong(key, "a string", node);
        }
        return node.textValue();
    }

    private <T> List<T> asList(String key, JsonNode node, BiFunction<String, JsonNode, T> read) {
        if (!node.isArray()) {
            throw wrong(key, "a list", node);
        }
        List<T> values = new ArrayList<>();
        node.forEach(element -> values.add(read.apply(key + "[" + values.size() + "]", element)));
        return List.copyOf(values);
    }

    private PipelineException wrong(String key, String expected, JsonNode actual) {
        String text = actual.toString();
        String shown = text.length() > 100 ? text.substring(0, 100) + "..." : text;
        return invalid(key, "must be " + expected + " but is " + shown);
    }
}
