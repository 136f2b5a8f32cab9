package dev.atelier.gateway.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.Json;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.json.schema.JsonSchema;
import io.vertx.json.schema.Validator;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The reader and a validator of JSON schemas, on the same bodies by the same schema. */
class SchemaReaderTest {
    private static final int BODIES = 3000;
    private static final Vertx VERTX = Vertx.vertx();
    private static final ApiContract CONTRACT =
            ApiContract.of(VERTX, ApiContract.read()).await();
    private static final JsonObject REQUEST = new JsonObject().put("$ref", "#/components/schemas/InferenceRequest");
    private static final RequestSchema SCHEMA =
            RequestSchema.of(CONTRACT.document(), REQUEST, Map.of("MAX_PROMPTS", 256, "MAX_LORAS", 8));
    private static final Validator VALIDATOR = CONTRACT.enforced()
            .getSchemaRepository()
            .validator(JsonSchema.of(new JsonObject().put("$ref", "app:///#/components/schemas/InferenceRequest")));

    @AfterAll
    static void close() {
        VERTX.close().await();
    }

    private static boolean isValid(Object value) {
        return Boolean.TRUE.equals(VALIDATOR.validate(value).getValid());
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void agreesWithTheValidator(long seed) {
        Bodies bodies = new Bodies(new Random(seed));
        int valid = 0;
        for (int i = 0; i < BODIES; i++) {
            Object body = bodies.ofSchema(REQUEST, 0);
            String json = Json.encode(body);
            SchemaReader reader = new SchemaReader(List.of("body"));
            Object read = JsonBody.read(Buffer.buffer(json), SCHEMA, reader);
            boolean accepted = reader.violations().isEmpty();
            if (accepted) {
                valid++;
                assertTrue(isValid(Json.decodeValue(Json.encode(read))), json);
            } else if (isValid(Json.decodeValue(json))) {
                throw new AssertionError(reader.violations() + " in " + json);
            }
            if (!bodies.wroteText) {
                assertEquals(isValid(Json.decodeValue(json)), accepted, json);
            }
            bodies.wroteText = false;
        }
        assertTrue(valid > BODIES / 20 && valid < BODIES * 19 / 20, valid + " of " + BODIES + " were valid");
    }

    @Test
    void readsEveryExampleOfTheContract() {
        JsonObject examples = CONTRACT.document()
                .getJsonObject("paths")
                .getJsonObject("/v1/inference")
                .getJsonObject("post")
                .getJsonObject("requestBody")
                .getJsonObject("content")
                .getJsonObject("application/json")
                .getJsonObject("examples");
        examples.forEach(example -> {
            SchemaReader reader = new SchemaReader(List.of("body"));
            JsonBody.read(
                    ((JsonObject) example.getValue()).getJsonObject("value").toBuffer(), SCHEMA, reader);
            assertEquals(List.of(), reader.violations(), example.getKey());
        });
    }

    private static SchemaReader read(String json) {
        SchemaReader reader = new SchemaReader(List.of("body"));
        JsonBody.read(Buffer.buffer(json), SCHEMA, reader);
        return reader;
    }

    @Test
    void namesTheFieldsThatItDoesNotKnow() {
        SchemaReader reader = read("{\"modle\":1,\"prompts\":[{\"prompt\":\"a\",\"sed\":{\"b\":[1]}}],"
                + "\"modle\":2,\"loras\":[{\"path\":\"a\",\"weight\":1}],\"model\":\"m\"}");

        assertEquals(List.of(), reader.violations());
        assertEquals(
                List.of(
                        List.of("body", "modle"),
                        List.of("body", "prompts", 0, "sed"),
                        List.of("body", "loras", 0, "weight")),
                reader.unknownFields());
    }

    @Test
    void boundsWhatItTellsOfUnknownFields() {
        StringBuilder json = new StringBuilder("{");
        for (int i = 0; i < 1000; i++) {
            json.append('"').append("n".repeat(500)).append(i).append("\":0,");
        }
        assertEquals(
                List.of(List.of("body", "n".repeat(100) + "...")),
                read(json + "\"model\":\"m\"}").unknownFields());
        json.setLength(1);
        for (int i = 0; i < 1000; i++) {
            json.append('"').append(i).append("\":0,\"hf_AbCdEfGh").append(i).append("\":0,");
        }
        List<List<Object>> unknown = read(json + "\"model\":\"m\"}").unknownFields();
        assertEquals(20, unknown.size());
        assertEquals(List.of("body", "0"), unknown.get(0));
        assertEquals(List.of("body", "hf_***"), unknown.get(1));
    }

    @Test
    void storesAsManyElementsAsTheSettingsSayAndChecksAndCountsTheRest() {
        SchemaReader reader = new SchemaReader(List.of("body"));
        String loras = "{\"path\":\"a\"},".repeat(10)
                + "{\"path\":\"b\",\"transformer\":\"low\",\"network_multiplier\":null},7";
        Object read = JsonBody.read(
                Buffer.buffer("{\"model\":\"m\",\"loras\":[" + loras + "],\"prompts\":[{\"prompt\":\"\"}]}"),
                SCHEMA,
                reader);

        assertEquals(8, ((List<?>) ((Map<?, ?>) read).get("loras")).size());
        assertEquals(
                Map.of(List.<Object>of("body", "loras"), new SchemaReader.Tail(12, Set.of("path", "transformer"))),
                reader.tails());
        assertEquals(List.of(Rule.OBJECT.at(List.of("body", "loras", 11))), reader.violations());
    }

    /** Writes bodies that mostly follow a schema, and break it somewhere now and then. */
    private static final class Bodies {
        private final Random random;
        private boolean wroteText;

        Bodies(Random random) {
            this.random = random;
        }

        Object ofSchema(JsonObject schema, int depth) {
            JsonObject resolved = resolve(schema);
            if (random.nextInt(60) == 0) {
                return anything();
            }
            JsonArray allowed = resolved.getJsonArray("enum");
            if (allowed != null) {
                return allowed.getValue(random.nextInt(allowed.size()));
            }
            Object type = resolved.getValue("type");
            if (type instanceof JsonArray types) {
                return random.nextInt(4) == 0 ? null : ofType(types.getString(0), resolved, depth);
            }
            return ofType((String) type, resolved, depth);
        }

        private Object ofType(String type, JsonObject schema, int depth) {
            return switch (type) {
                case "object" -> object(schema, depth);
                case "array" -> array(schema, depth);
                case "string" -> random.nextBoolean() ? "" : "text";
                case "boolean" -> random.nextBoolean();
                case "number" -> near(schema);
                case "integer" -> random.nextInt(8) == 0 ? (Object) (near(schema)) : Math.round(near(schema));
                default -> throw new IllegalArgumentException(type);
            };
        }

        private double near(JsonObject schema) {
            double low = schema.getDouble("minimum", 0.0);
            double high = Math.min(schema.getDouble("maximum", 1.0), 1e9);
            return switch (random.nextInt(25)) {
                case 0 -> low;
                case 1 -> high;
                case 2 -> low - 1;
                default -> Math.rint(low + random.nextDouble() * (high - low));
            };
        }

        private Object object(JsonObject schema, int depth) {
            Map<String, Object> fields = new LinkedHashMap<>();
            JsonArray required = schema.getJsonArray("required", new JsonArray());
            schema.getJsonObject("properties").forEach(property -> {
                if (random.nextInt(40) != 0 && (required.contains(property.getKey()) || random.nextInt(3) == 0)) {
                    fields.put(property.getKey(), ofSchema((JsonObject) property.getValue(), depth + 1));
                }
            });
            if (random.nextInt(4) == 0) {
                fields.put("unknown", 1);
            }
            return fields;
        }

        private Object array(JsonObject schema, int depth) {
            List<Object> items = new ArrayList<>();
            int size = random.nextInt(20) == 0 ? 0 : 1 + random.nextInt(2);
            for (int i = 0; i < size; i++) {
                items.add(ofSchema(schema.getJsonObject("items"), depth + 1));
            }
            return items;
        }

        private Object anything() {
            List<Object> choices = new ArrayList<>(List.of(1, -7.5, true, "words", "12", List.of(), Map.of()));
            choices.add(null);
            Object choice = choices.get(random.nextInt(choices.size()));
            // text and whole numbers are read leniently, where the validator takes no such thing
            wroteText |= choice instanceof String || choice instanceof Integer;
            return choice;
        }

        private static JsonObject resolve(JsonObject schema) {
            String reference = schema.getString("$ref");
            return reference == null
                    ? schema
                    : CONTRACT.document()
                            .getJsonObject("components")
                            .getJsonObject("schemas")
                            .getJsonObject(reference.substring(reference.lastIndexOf('/') + 1));
        }
    }
}
