package dev.atelier.gateway.http;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Reads values by a schema of the contract and lists everything that breaks it, in the order of the schema's fields.
 *
 * <p>The validator of the router decides as well, by the same schema, but it answers with one text; this class knows
 * the place, the kind and the bound of each violation. It reads as leniently as the reference: see {@link Scalars}.
 * Fields that the schema does not know are dropped.
 *
 * <p>The keywords it knows are those that the contract's requests use: {@code $ref}, {@code type}, {@code enum},
 * {@code required}, {@code properties}, {@code items}, {@code minItems}, {@code maxItems}, {@code minimum},
 * {@code maximum}.
 */
final class SchemaReader {
    /** The keywords that this class enforces, and those that enforce nothing. */
    static final Set<String> KEYWORDS = Set.of(
            "$ref",
            "type",
            "enum",
            "required",
            "properties",
            "items",
            "minItems",
            "maxItems",
            "minimum",
            "maximum",
            "description",
            "default",
            "example",
            "writeOnly");

    /** Enough to see what is wrong; more would let a small request ask for a huge answer. */
    private static final int MOST_VIOLATIONS = 1000;

    private final JsonObject contract;
    private final List<Violation> violations = new ArrayList<>();

    SchemaReader(JsonObject contract) {
        this.contract = contract;
    }

    /** Returns what was wrong with the values read so far. */
    List<Violation> violations() {
        return List.copyOf(violations);
    }

    /**
     * Reads a value.
     *
     * @param schema what it should be
     * @param value maps, lists, strings, numbers, booleans or null
     * @param place the way to it
     * @return the value as the schema wants it; of no use when it broke the schema
     */
    @Nullable
    Object read(JsonObject schema, @Nullable Object value, List<Object> place) {
        JsonObject resolved = resolve(schema);
        JsonArray allowed = resolved.getJsonArray("enum");
        if (allowed != null) {
            return literal(allowed, value, place);
        }
        Object type = resolved.getValue("type");
        if (value == null && type instanceof JsonArray types && types.contains("null")) {
            return null;
        }
        String name = type instanceof JsonArray types ? types.getString(0) : (String) type;
        return switch (name) {
            case "object" -> object(resolved, value, place);
            case "array" -> array(resolved, value, place);
            case "string" -> scalar(Scalars.string(value), Rule.STRING, place);
            case "boolean" -> scalar(Scalars.bool(value), Rule.BOOLEAN, place);
            case "number" -> ranged(resolved, scalar(Scalars.number(value), Rule.NUMBER, place), place);
            case "integer" ->
                ranged(
                        resolved,
                        scalar(Scalars.integer(value), Scalars.isFraction(value) ? Rule.FRACTION : Rule.INTEGER, place),
                        place);
            default -> throw new IllegalStateException("openapi.yaml has a request value of type " + name);
        };
    }

    private JsonObject resolve(JsonObject schema) {
        String reference = schema.getString("$ref");
        if (reference == null) {
            return schema;
        }
        JsonObject found = contract;
        for (String step : reference.substring(2).split("/", -1)) {
            found = found.getJsonObject(step);
        }
        return resolve(found);
    }

    private @Nullable Object literal(JsonArray allowed, @Nullable Object value, List<Object> place) {
        if (allowed.contains(value)) {
            return value;
        }
        String names = allowed.stream()
                .filter(choice -> choice != null)
                .map(choice -> "'" + choice + "'")
                .collect(Collectors.joining(", "));
        int last = names.lastIndexOf(", ");
        add(Rule.LITERAL.at(place, last < 0 ? names : names.substring(0, last) + " or " + names.substring(last + 2)));
        return null;
    }

    private @Nullable Object object(JsonObject schema, @Nullable Object value, List<Object> place) {
        if (!(value instanceof Map<?, ?> map)) {
            add(value == null && place.size() == 1 ? Rule.MISSING.at(place) : Rule.OBJECT.at(place));
            return null;
        }
        JsonArray required = schema.getJsonArray("required", new JsonArray());
        Map<String, @Nullable Object> fields = new LinkedHashMap<>();
        for (Map.Entry<String, Object> property : schema.getJsonObject("properties")) {
            String name = property.getKey();
            if (map.containsKey(name)) {
                fields.put(name, read((JsonObject) property.getValue(), map.get(name), below(place, name)));
            } else if (required.contains(name)) {
                add(Rule.MISSING.at(below(place, name)));
            }
        }
        return fields;
    }

    private @Nullable Object array(JsonObject schema, @Nullable Object value, List<Object> place) {
        if (!(value instanceof List<?> list)) {
            add(Rule.LIST.at(place));
            return null;
        }
        int least = schema.getInteger("minItems", 0);
        if (list.size() < least) {
            int last = place.size() - 1;
            add(Rule.ITEMS.at(place.subList(0, last), least + " must be provided in '" + place.get(last) + "'"));
        }
        int most = schema.getInteger("maxItems", Integer.MAX_VALUE);
        if (list.size() > most) {
            add(Rule.VALUE.at(place, "at most " + most + " items but was " + list.size()));
            return null;
        }
        List<@Nullable Object> items = new ArrayList<>(list.size());
        for (int i = 0; i < list.size() && violations.size() < MOST_VIOLATIONS; i++) {
            items.add(read(schema.getJsonObject("items"), list.get(i), below(place, i)));
        }
        return items;
    }

    private @Nullable Object scalar(Optional<?> value, Rule rule, List<Object> place) {
        if (value.isEmpty()) {
            add(rule.at(place));
        }
        return value.orElse(null);
    }

    private @Nullable Object ranged(JsonObject schema, @Nullable Object value, List<Object> place) {
        if (!(value instanceof Number number)) {
            return null;
        }
        Number minimum = schema.getNumber("minimum");
        if (minimum != null && Scalars.compare(number, minimum) < 0) {
            add(Rule.MINIMUM.at(place, minimum));
        }
        Number maximum = schema.getNumber("maximum");
        if (maximum != null && Scalars.compare(number, maximum) > 0) {
            add(Rule.MAXIMUM.at(place, maximum));
        }
        return number;
    }

    private void add(Violation violation) {
        if (violations.size() < MOST_VIOLATIONS) {
            violations.add(violation);
        }
    }

    private static List<Object> below(List<Object> place, Object step) {
        List<Object> longer = new ArrayList<>(place);
        longer.add(step);
        return Collections.unmodifiableList(longer);
    }
}
