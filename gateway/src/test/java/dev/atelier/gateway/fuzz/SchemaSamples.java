package dev.atelier.gateway.fuzz;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Values that fit a schema of the contract. Where any text would fit and only some has a meaning, it is known here. */
final class SchemaSamples {
    private static final List<String> TEXTS = List.of(
            "",
            "a",
            "[trigger] a person",
            "zwölf Boxkämpfer",
            "\u4e2d\u6587 \ud83d\ude00",
            "\"quoted\" \\ / \n\t",
            "{{throw}}",
            "{{fail NON_FINITE_OUTPUT}}",
            "x".repeat(300),
            "' OR 1=1 --",
            "<script>",
            "%s %n ${jndi:x}");

    private final JsonObject contract;
    private final Random random;
    private final Map<String, Function<Random, Object>> byName;

    SchemaSamples(JsonObject contract, Random random) {
        this.contract = contract;
        this.random = random;
        this.byName = Map.of(
                "model", any -> "zimage_turbo",
                "path", any -> "job/my.safetensors",
                "width", any -> 64 + any.nextInt(64),
                "height", any -> 64 + any.nextInt(64),
                "sample_steps", any -> 1 + any.nextInt(4),
                "expires_in", any -> 100 + any.nextInt(100));
    }

    /** Returns a value; optional fields are there by chance. */
    @Nullable
    Object of(String name, JsonObject schema) {
        Function<Random, Object> known = byName.get(name);
        return known == null ? of(resolve(schema)) : known.apply(random);
    }

    private JsonObject resolve(JsonObject schema) {
        String reference = schema.getString("$ref");
        if (reference == null) {
            return schema;
        }
        JsonObject found = contract;
        for (String step : reference.substring(2).split("/")) {
            found = found.getJsonObject(step);
        }
        return resolve(found);
    }

    private @Nullable Object of(JsonObject schema) {
        JsonArray choices = schema.getJsonArray("enum");
        if (choices != null) {
            return choices.getValue(random.nextInt(choices.size()));
        }
        Object type = schema.getValue("type");
        List<String> types = type instanceof JsonArray several
                ? several.stream().map(String::valueOf).toList()
                : List.of(String.valueOf(type));
        if (types.contains("null") && random.nextInt(4) == 0) {
            return null;
        }
        return switch (types.get(0)) {
            case "object" -> object(schema);
            case "array" -> array(schema);
            case "integer" -> (long) number(schema);
            case "number" -> number(schema);
            case "boolean" -> random.nextBoolean();
            default -> TEXTS.get(random.nextInt(TEXTS.size()));
        };
    }

    private JsonObject object(JsonObject schema) {
        JsonArray required = schema.getJsonArray("required", new JsonArray());
        JsonObject object = new JsonObject();
        for (Map.Entry<String, Object> property : schema.getJsonObject("properties", new JsonObject())) {
            boolean expert = property.getKey().equals("transformer"); // fits the contract, and no model here
            if (required.contains(property.getKey()) || random.nextInt(4) == 0 && !expert) {
                object.put(property.getKey(), of(property.getKey(), (JsonObject) property.getValue()));
            }
        }
        return object;
    }

    private JsonArray array(JsonObject schema) {
        JsonArray array = new JsonArray();
        int size = Math.max(1, schema.getInteger("minItems", 1));
        for (int i = 0; i < size; i++) {
            array.add(of("", schema.getJsonObject("items")));
        }
        return array;
    }

    private double number(JsonObject schema) {
        double least = schema.getDouble("minimum", 0.0);
        double most = Math.min(schema.getDouble("maximum", least + 100), least + 100);
        return Math.floor(least + random.nextDouble() * (most - least));
    }
}
