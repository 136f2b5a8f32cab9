package dev.atelier.gateway.http;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A schema of a request's value, with all references resolved once, when the server starts. {@link SchemaReader} reads
 * values by it.
 *
 * @param kind the kind of value
 * @param nullable whether null is a value of it
 * @param allowed for {@link Kind#LITERAL}: the values, null among them where it is allowed
 * @param properties for {@link Kind#OBJECT}: the fields, in the order of the contract
 * @param required for {@link Kind#OBJECT}: the fields that must be present
 * @param items for {@link Kind#ARRAY}: the schema of an element
 * @param least for {@link Kind#ARRAY}: the least number of elements
 * @param most for {@link Kind#ARRAY}: the largest number of elements; for {@link Kind#STRING}: of code points
 * @param stored for {@link Kind#ARRAY}: the number of elements that are kept; those after them are checked and counted
 * @param minimum for numbers; null for none
 * @param maximum for numbers; null for none
 * @param optionalWith for {@link Kind#ARRAY}: the field beside it which, when true, lets it be null or absent, that is,
 *     empty; null for none
 */
record RequestSchema(
        Kind kind,
        boolean nullable,
        List<@Nullable Object> allowed,
        Map<String, RequestSchema> properties,
        Set<String> required,
        @Nullable RequestSchema items,
        int least,
        int most,
        int stored,
        @Nullable Number minimum,
        @Nullable Number maximum,
        @Nullable String optionalWith) {
    /** The keyword that names the setting which bounds an array. */
    static final String LIMIT = "x-limit";
    /** The keyword that names the field which, when true, lets a required array be null or absent. */
    static final String OPTIONAL_WITH = "x-optional-with";

    /** The keywords that are enforced, and those that enforce nothing. */
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
            "maxLength",
            LIMIT,
            OPTIONAL_WITH,
            "description",
            "default",
            "example",
            "writeOnly");

    /** The beginning of what the router's library adds to a schema. */
    private static final String ADDED = "__";

    private static final int DEEPEST = 20;

    /** The kinds of values. */
    enum Kind {
        OBJECT,
        ARRAY,
        STRING,
        BOOLEAN,
        NUMBER,
        INTEGER,
        LITERAL
    }

    /**
     * Reads a schema of the contract.
     *
     * @param contract where references lead
     * @param limits the values of the settings that {@value #LIMIT} may name
     * @throws IllegalStateException for a schema that cannot be enforced, or that leaves a string or an array unbounded
     */
    static RequestSchema of(JsonObject contract, JsonObject schema, Map<String, Integer> limits) {
        return new Resolver(contract, limits).resolve(schema, 0);
    }

    /** Returns the allowed values of a literal as people write them. */
    String choices() {
        String names = allowed.stream()
                .filter(Objects::nonNull)
                .map(choice -> "'" + choice + "'")
                .collect(Collectors.joining(", "));
        int last = names.lastIndexOf(", ");
        return last < 0 ? names : names.substring(0, last) + " or " + names.substring(last + 2);
    }

    private record Resolver(JsonObject contract, Map<String, Integer> limits) {
        RequestSchema resolve(JsonObject written, int depth) {
            JsonObject schema = target(written);
            Set<String> unknown = schema.fieldNames().stream()
                    .filter(keyword -> !KEYWORDS.contains(keyword) && !keyword.startsWith(ADDED))
                    .collect(Collectors.toSet());
            if (!unknown.isEmpty() || depth > DEEPEST) {
                throw new IllegalStateException(
                        "openapi.yaml has a request schema that cannot be enforced: " + schema.encode());
            }
            Kind kind = kind(schema);
            List<@Nullable Object> allowed = new ArrayList<>();
            schema.getJsonArray("enum", new JsonArray()).forEach(allowed::add);
            Map<String, RequestSchema> properties = new LinkedHashMap<>();
            schema.getJsonObject("properties", new JsonObject())
                    .forEach(property ->
                            properties.put(property.getKey(), resolve((JsonObject) property.getValue(), depth + 1)));
            int most = most(schema, kind);
            return new RequestSchema(
                    kind,
                    schema.getValue("type") instanceof JsonArray types && types.contains("null"),
                    allowed,
                    properties,
                    schema.getJsonArray("required", new JsonArray()).stream()
                            .map(String::valueOf)
                            .collect(Collectors.toSet()),
                    kind == Kind.ARRAY ? resolve(schema.getJsonObject("items"), depth + 1) : null,
                    schema.getInteger("minItems", 0),
                    most,
                    Math.min(most, limits.getOrDefault(schema.getString(LIMIT, ""), Integer.MAX_VALUE)),
                    schema.getNumber("minimum"),
                    schema.getNumber("maximum"),
                    kind == Kind.ARRAY ? schema.getString(OPTIONAL_WITH) : null);
        }

        private JsonObject target(JsonObject schema) {
            String reference = schema.getString("$ref");
            if (reference == null) {
                return schema;
            }
            JsonObject found = contract;
            for (String step : reference.substring(2).split("/", -1)) {
                found = found.getJsonObject(step);
            }
            return target(found);
        }

        private static Kind kind(JsonObject schema) {
            if (schema.containsKey("enum")) {
                return Kind.LITERAL;
            }
            Object type = schema.getValue("type");
            String name = String.valueOf(type instanceof JsonArray types ? types.getValue(0) : type);
            return switch (name) {
                case "object" -> Kind.OBJECT;
                case "array" -> Kind.ARRAY;
                case "string" -> Kind.STRING;
                case "boolean" -> Kind.BOOLEAN;
                case "number" -> Kind.NUMBER;
                case "integer" -> Kind.INTEGER;
                default -> throw new IllegalStateException("openapi.yaml has a request value of type " + name);
            };
        }

        private int most(JsonObject schema, Kind kind) {
            if (kind == Kind.STRING && !schema.containsKey("maxLength")) {
                throw new IllegalStateException("openapi.yaml has a request string without maxLength: " + schema);
            }
            String limit = schema.getString(LIMIT);
            boolean limited = limit != null && limits.containsKey(limit);
            if (kind == Kind.ARRAY && !schema.containsKey("maxItems") && !limited) {
                throw new IllegalStateException("openapi.yaml has a request array without a bound: " + schema);
            }
            return schema.getInteger(kind == Kind.STRING ? "maxLength" : "maxItems", Integer.MAX_VALUE);
        }
    }
}
