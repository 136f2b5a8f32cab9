package dev.atelier.gateway.http;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.atelier.gateway.http.RequestSchema.Kind;
import dev.atelier.gateway.log.Redaction;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads one request's values by schemas of the contract, in one pass over the bytes, and lists everything that breaks
 * them, in the order of the schemas' fields. It reads as leniently as the reference: see {@link Scalars}.
 *
 * <p>What it keeps is bounded: fields that a schema does not know are skipped, elements of an array beyond those that
 * are {@linkplain RequestSchema#stored() stored} are checked and counted only, and texts that are longer than allowed
 * are cut. The last of several fields of one name counts.
 */
final class SchemaReader {
    /** Enough to see what is wrong; more would let a small request ask for a huge answer. */
    private static final int MOST_VIOLATIONS = 1000;

    private static final int MOST_UNKNOWN = 20;
    private static final int LONGEST_NAME = 100;
    /** Longer than any text that is read as a number, a truth value or a literal. */
    private static final int LONGEST_WORD = 2000;

    private final List<Object> place;
    private final Set<List<Object>> unknown = new LinkedHashSet<>();
    private final Map<List<Object>, Tail> tails = new HashMap<>();
    /** What is wrong with the value that is read now. */
    private List<Violation> found = new ArrayList<>();

    /**
     * The part of an array that was not stored.
     *
     * @param size how many elements the whole array has
     * @param fields the fields that are not null in any element that was not stored
     */
    record Tail(int size, Set<String> fields) {
        Tail {
            fields = Set.copyOf(fields);
        }
    }

    /**
     * Starts at a place.
     *
     * @param place the way to the value that is read: {@code body}, or where a parameter stands and its name
     */
    SchemaReader(List<Object> place) {
        this.place = new ArrayList<>(place);
    }

    /** Returns what was wrong with the values read so far. */
    List<Violation> violations() {
        return List.copyOf(found);
    }

    /** Returns the places of the first fields that no schema knows, {@value #MOST_UNKNOWN} at most; names are cut. */
    List<List<Object>> unknownFields() {
        return List.copyOf(unknown);
    }

    /** Returns the arrays that were not stored in full, by their places. */
    Map<List<Object>, Tail> tails() {
        return Map.copyOf(tails);
    }

    /**
     * Reads a parameter.
     *
     * @return the value as the schema wants it; of no use when it broke the schema
     */
    @Nullable
    Object read(RequestSchema schema, @Nullable String text) {
        return scalar(schema, text);
    }

    /**
     * Reads the value that a parser stands at, and leaves the parser at its last token.
     *
     * @return the value as the schema wants it: maps, lists, texts, numbers, truth values or null; of no use when it
     *     broke the schema
     * @throws IOException when there is no whole value
     */
    @Nullable
    Object read(RequestSchema schema, JsonParser parser) throws IOException {
        if (schema.nullable() && parser.currentToken() == JsonToken.VALUE_NULL) {
            return null;
        }
        return switch (schema.kind()) {
            case OBJECT -> object(schema, parser);
            case ARRAY -> array(schema, parser);
            default -> scalar(schema, single(schema, parser));
        };
    }

    private @Nullable Object object(RequestSchema schema, JsonParser parser) throws IOException {
        if (parser.currentToken() != JsonToken.START_OBJECT) {
            boolean absent = parser.currentToken() == JsonToken.VALUE_NULL && place.size() == 1;
            parser.skipChildren();
            add((absent ? Rule.MISSING : Rule.OBJECT).at(place));
            return null;
        }
        Map<String, Field> fields = new HashMap<>();
        for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
            parser.nextToken();
            RequestSchema known = schema.properties().get(name);
            if (known == null) {
                addUnknown(name);
                parser.skipChildren();
            } else {
                fields.put(name, field(known, name, parser));
            }
        }
        Map<String, @Nullable Object> values = new LinkedHashMap<>();
        schema.properties().forEach((name, property) -> {
            Field field = fields.get(name);
            if ((field == null || field.isNull()) && isTrue(fields, property.optionalWith())) {
                values.put(name, List.of());
            } else if (field != null) {
                values.put(name, field.value());
                field.violations().forEach(this::add);
            } else if (schema.required().contains(name)) {
                place.add(name);
                add(Rule.MISSING.at(place));
                leave();
            }
        });
        return values;
    }

    /** A field that was read. */
    private record Field(@Nullable Object value, boolean isNull, List<Violation> violations) {}

    private static boolean isTrue(Map<String, Field> fields, @Nullable String name) {
        Field field = name == null ? null : fields.get(name);
        return field != null && Boolean.TRUE.equals(field.value());
    }

    private Field field(RequestSchema schema, String name, JsonParser parser) throws IOException {
        List<Violation> around = found;
        found = new ArrayList<>(0);
        boolean isNull = parser.currentToken() == JsonToken.VALUE_NULL;
        place.add(name);
        Object value = read(schema, parser);
        leave();
        Field field = new Field(value, isNull, found);
        found = around;
        return field;
    }

    private @Nullable Object array(RequestSchema schema, JsonParser parser) throws IOException {
        if (parser.currentToken() != JsonToken.START_ARRAY) {
            parser.skipChildren();
            add(Rule.LIST.at(place));
            return null;
        }
        RequestSchema element = Objects.requireNonNull(schema.items());
        List<@Nullable Object> items = new ArrayList<>();
        Set<String> fields = new HashSet<>();
        int before = found.size();
        int size = 0;
        for (; parser.nextToken() != JsonToken.END_ARRAY; size++) {
            if (found.size() >= MOST_VIOLATIONS) {
                parser.skipChildren();
                continue;
            }
            place.add(size);
            Object item = read(element, parser);
            leave();
            if (size < schema.stored()) {
                items.add(item);
            } else if (item instanceof Map<?, ?> map) {
                map.values().removeIf(Objects::isNull);
                map.keySet().forEach(name -> fields.add(String.valueOf(name)));
            }
        }
        tails.remove(place);
        if (size > schema.stored()) {
            tails.put(List.copyOf(place), new Tail(size, fields));
        }
        requireSize(schema, size, before);
        return items;
    }

    /** Checks an array's size; too large a one has no other violation. */
    private void requireSize(RequestSchema schema, int size, int before) {
        if (size < schema.least()) {
            int last = place.size() - 1;
            add(Rule.ITEMS.at(
                    place.subList(0, last), schema.least() + " must be provided in '" + place.get(last) + "'"));
        }
        if (size > schema.most()) {
            found.subList(before, found.size()).clear();
            add(Rule.VALUE.at(place, "at most " + schema.most() + " items but was " + size));
        }
    }

    /** Returns the single value that a parser stands at; an object and an array are skipped and become a list. */
    private static @Nullable Object single(RequestSchema schema, JsonParser parser) throws IOException {
        return switch (parser.currentToken()) {
            case VALUE_NULL -> null;
            case VALUE_TRUE -> true;
            case VALUE_FALSE -> false;
            case VALUE_NUMBER_INT -> parser.getNumberValue();
            case VALUE_NUMBER_FLOAT -> parser.getDoubleValue();
            case VALUE_STRING -> cut(parser.getText(), schema.kind() == Kind.STRING ? schema.most() : LONGEST_WORD);
            default -> {
                parser.skipChildren();
                yield List.of();
            }
        };
    }

    /** Cuts a text that is longer than allowed to one that is longer still: a character may be two code units. */
    private static String cut(String text, int most) {
        return text.length() / 2 > most ? text.substring(0, 2 * most + 2) : text;
    }

    private @Nullable Object scalar(RequestSchema schema, @Nullable Object value) {
        return switch (schema.kind()) {
            case LITERAL -> literal(schema, value);
            case STRING -> text(schema, value);
            case BOOLEAN -> orElse(Scalars.bool(value), Rule.BOOLEAN);
            case NUMBER -> ranged(schema, orElse(Scalars.number(value), Rule.NUMBER));
            case INTEGER ->
                ranged(
                        schema,
                        orElse(Scalars.integer(value), Scalars.isFraction(value) ? Rule.FRACTION : Rule.INTEGER));
            case OBJECT, ARRAY -> throw new IllegalStateException("openapi.yaml has a parameter that is no text");
        };
    }

    private @Nullable Object literal(RequestSchema schema, @Nullable Object value) {
        if (schema.allowed().contains(value)) {
            return value;
        }
        add(Rule.LITERAL.at(place, schema.choices()));
        return null;
    }

    private @Nullable Object text(RequestSchema schema, @Nullable Object value) {
        if (value instanceof String text
                && text.length() > schema.most()
                && text.codePointCount(0, text.length()) > schema.most()) {
            add(Rule.LENGTH.at(place, schema.most()));
            return null;
        }
        return orElse(Scalars.string(value), Rule.STRING);
    }

    private @Nullable Object orElse(Optional<?> value, Rule rule) {
        if (value.isEmpty()) {
            add(rule.at(place));
        }
        return value.orElse(null);
    }

    private @Nullable Object ranged(RequestSchema schema, @Nullable Object value) {
        if (!(value instanceof Number number)) {
            return null;
        }
        if (schema.minimum() != null && Scalars.compare(number, schema.minimum()) < 0) {
            add(Rule.MINIMUM.at(place, schema.minimum()));
        }
        if (schema.maximum() != null && Scalars.compare(number, schema.maximum()) > 0) {
            add(Rule.MAXIMUM.at(place, schema.maximum()));
        }
        return number;
    }

    private void add(Violation violation) {
        if (found.size() < MOST_VIOLATIONS) {
            found.add(violation);
        }
    }

    private void addUnknown(String name) {
        if (unknown.size() < MOST_UNKNOWN) {
            place.add(Redaction.shortened(name, LONGEST_NAME));
            unknown.add(List.copyOf(place));
            leave();
        }
    }

    private void leave() {
        place.remove(place.size() - 1);
    }
}
