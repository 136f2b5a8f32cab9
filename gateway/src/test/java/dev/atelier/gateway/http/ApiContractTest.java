package dev.atelier.gateway.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.openapi.router.RouterBuilder;
import io.vertx.openapi.contract.MediaType;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.BiPredicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ApiContractTest {
    private final Vertx vertx = Vertx.vertx();
    private final JsonObject written = ApiContract.read();

    @AfterEach
    void close() {
        vertx.close().await();
    }

    @Test
    void servesWhatIsWritten() {
        ApiContract contract = ApiContract.of(vertx, written).await();

        assertEquals(written, contract.json().toJsonObject());
    }

    @Test
    void givesTheRouterACopyThatLacksOnlyTheMediaTypesItRefusesTheServersAndWhoMayCall() {
        List<String> missing = new ArrayList<>();
        compare("", written, ApiContract.forRouter(written), missing);

        assertTrue(missing.removeIf(place -> place.endsWith("|security")));
        assertTrue(missing.remove("|servers"));
        for (String place : missing) {
            String type = place.substring(place.lastIndexOf('|') + 1);
            assertTrue(place.contains("|responses|") && place.endsWith("|content|" + type), place);
            assertFalse(MediaType.isMediaTypeSupported(type), place);
        }
        assertEquals(5, missing.size(), missing.toString());
    }

    private static void compare(String place, JsonObject full, JsonObject copy, List<String> missing) {
        assertTrue(full.fieldNames().containsAll(copy.fieldNames()), place);
        for (String name : full.fieldNames()) {
            String below = place + "|" + name;
            if (!copy.containsKey(name)) {
                missing.add(below);
            } else if (full.getValue(name) instanceof JsonObject object) {
                compare(below, object, copy.getJsonObject(name), missing);
            } else {
                assertEquals(full.getValue(name), copy.getValue(name), below);
            }
        }
    }

    @Test
    void namesEveryOperation() {
        written.getJsonObject("paths")
                .forEach(path -> ((JsonObject) path.getValue())
                        .forEach(operation -> assertFalse(((JsonObject) operation.getValue())
                                .getString("operationId", "")
                                .isEmpty())));
    }

    @Test
    void usesInRequestsOnlyKeywordsThatTheReaderEnforces() {
        Set<String> used = new LinkedHashSet<>();
        requestSchemas().forEach(schema -> collect(schema, used));
        written.getJsonObject("paths")
                .forEach(path -> ((JsonObject) path.getValue())
                        .forEach(operation -> ((JsonObject) operation.getValue())
                                .getJsonArray("parameters", new JsonArray())
                                .forEach(parameter -> assertTrue(
                                        resolve((JsonObject) parameter)
                                                        .getJsonObject("schema")
                                                        .getValue("type")
                                                instanceof String,
                                        "a parameter has one plain type"))));

        assertTrue(used.contains("minimum") && used.contains("$ref"), used.toString());
        used.removeAll(RequestSchema.KEYWORDS);
        assertEquals(Set.of(), used);
    }

    @Test
    void boundsEveryStringAndEveryArrayOfRequests() {
        List<JsonObject> schemas = new ArrayList<>();
        requestSchemas().forEach(schema -> collectSchemas(schema, schemas));

        assertTrue(schemas.size() > 40, schemas.size() + " schemas were found");
        for (JsonObject schema : schemas) {
            List<Object> types = schema.getValue("type") instanceof JsonArray several
                    ? several.stream().toList()
                    : List.of(String.valueOf(schema.getValue("type")));
            boolean text = types.contains("string") && !schema.containsKey("enum");
            assertTrue(!text || schema.getInteger("maxLength") > 0, schema.encode());
            assertTrue(
                    !types.contains("array") || schema.containsKey("maxItems") || schema.containsKey("x-limit"),
                    schema.encode());
        }
    }

    @Test
    void failsTheStartForASchemaThatTheReaderDoesNotEnforce() {
        JsonObject pattern =
                new JsonObject().put("type", "string").put("maxLength", 3).put("pattern", "a+");
        JsonObject endless = new JsonObject().put("type", "string");
        JsonObject many = new JsonObject().put("type", "array").put("items", new JsonObject().put("type", "boolean"));

        for (JsonObject schema : List.of(pattern, endless, many)) {
            assertThrows(IllegalStateException.class, () -> RequestSchema.of(written, schema, Map.of()));
        }
    }

    private List<JsonObject> requestSchemas() {
        List<JsonObject> schemas = new ArrayList<>();
        written.getJsonObject("paths")
                .forEach(path -> ((JsonObject) path.getValue()).forEach(operation -> {
                    JsonObject details = (JsonObject) operation.getValue();
                    Optional.ofNullable(details.getJsonObject("requestBody"))
                            .map(body -> body.getJsonObject("content")
                                    .getJsonObject("application/json")
                                    .getJsonObject("schema"))
                            .ifPresent(schemas::add);
                    details.getJsonArray("parameters", new JsonArray())
                            .forEach(parameter ->
                                    schemas.add(resolve((JsonObject) parameter).getJsonObject("schema")));
                }));
        return schemas;
    }

    private void collectSchemas(JsonObject schema, List<JsonObject> found) {
        JsonObject resolved = resolve(schema);
        found.add(resolved);
        if (resolved.containsKey("items")) {
            collectSchemas(resolved.getJsonObject("items"), found);
        }
        resolved.getJsonObject("properties", new JsonObject())
                .forEach(property -> collectSchemas((JsonObject) property.getValue(), found));
    }

    private void collect(JsonObject schema, Set<String> used) {
        used.addAll(schema.fieldNames());
        if (schema.containsKey("$ref")) {
            collect(resolve(schema), used);
        }
        if (schema.containsKey("items")) {
            collect(schema.getJsonObject("items"), used);
        }
        schema.getJsonObject("properties", new JsonObject())
                .forEach(property -> collect((JsonObject) property.getValue(), used));
    }

    private JsonObject resolve(JsonObject referring) {
        String reference = referring.getString("$ref");
        if (reference == null) {
            return referring;
        }
        JsonObject found = written;
        for (String step : reference.substring(2).split("/")) {
            found = found.getJsonObject(step);
        }
        return found;
    }

    /** Every object of the contract below a place, with the way to it. */
    private static void visit(String place, Object value, BiConsumer<String, JsonObject> visitor) {
        if (value instanceof JsonObject object) {
            visitor.accept(place, object);
            object.forEach(field -> visit(place + "|" + field.getKey(), field.getValue(), visitor));
        } else if (value instanceof JsonArray array) {
            for (int i = 0; i < array.size(); i++) {
                visit(place + "|" + i, array.getValue(i), visitor);
            }
        }
    }

    private List<String> placesWhere(BiPredicate<String, JsonObject> condition) {
        List<String> places = new ArrayList<>();
        visit("", written, (place, object) -> {
            if (condition.test(place, object)) {
                places.add(place);
            }
        });
        return places;
    }

    @Test
    void namesTheServer() {
        assertFalse(written.getJsonArray("servers").isEmpty());
    }

    /** The documentation page fills in the examples and defaults of parameters, and would send them. */
    @Test
    void suggestsNoValueForAParameterThatMayBeLeftOut() {
        List<String> suggested = placesWhere((place, object) -> object.containsKey("in")
                && object.containsKey("schema")
                && !object.getBoolean("required", false)
                && (Stream.of("example", "examples", "default").anyMatch(object::containsKey)
                        || Stream.of("example", "examples", "default")
                                .anyMatch(object.getJsonObject("schema")::containsKey)));

        assertEquals(List.of(), suggested);
    }

    /** Generators of clients take a field that has a default for one that is always there. */
    @Test
    void tellsDefaultsInWordsSoThatGeneratedClientsRequireNoFieldThatMayBeLeftOut() {
        assertEquals(List.of(), placesWhere((place, object) -> object.containsKey("default")));
    }

    @Test
    void givesEveryBodyASchemaAndEveryStatusButThoseWithoutABody() {
        List<String> incomplete = placesWhere((place, object) -> {
            boolean response = place.matches(".*\\|responses\\|[^|]+");
            boolean bodiless = place.endsWith("|204") || place.endsWith("|304");
            boolean media = place.matches(".*\\|content\\|[^|]+");
            return response && !bodiless && !object.containsKey("$ref") && !object.containsKey("content")
                    || media && !object.containsKey("schema");
        });

        assertEquals(List.of(), incomplete);
    }

    @Test
    void hasOneSchemaForEveryStatus() {
        assertEquals(
                List.of(),
                placesWhere((place, object) -> place.matches(".*\\|content\\|[^|]+\\|schema")
                        && Stream.of("oneOf", "anyOf").anyMatch(object::containsKey)));
    }

    @Test
    void tellsWhatEveryListHolds() {
        assertEquals(
                List.of(),
                placesWhere(
                        (place, object) -> "array".equals(object.getValue("type")) && !object.containsKey("items")));
    }

    /** A generated client would take an object without any properties for one that is always empty. */
    @Test
    void saysOfEveryObjectWhatItHolds() {
        assertEquals(
                List.of(),
                placesWhere((place, object) -> "object".equals(object.getValue("type"))
                        && Stream.of("properties", "additionalProperties").noneMatch(object::containsKey)));
    }

    @Test
    void failsTheStartForAnOperationThatNothingAnswers() {
        ApiContract contract = ApiContract.of(vertx, written).await();
        RouterBuilder builder = RouterBuilder.create(vertx, contract.enforced());
        builder.getRoutes().stream()
                .filter(route -> !route.getOperation().getOperationId().equals("listModels"))
                .forEach(route -> route.addHandler(context -> context.response().end()));

        IllegalStateException failure =
                assertThrows(IllegalStateException.class, () -> Operations.requireAllBound(builder));

        assertTrue(failure.getMessage().contains("[listModels]"), failure.getMessage());
    }

    @Test
    void failsTheStartForAHandlerWithoutAnOperation() {
        ApiContract contract = ApiContract.of(vertx, written).await();
        RouterBuilder builder = RouterBuilder.create(vertx, contract.enforced());

        assertThrows(IllegalStateException.class, () -> Operations.bind(builder, "drawEverything", context -> {}));
    }
}
