package dev.atelier.gateway.fuzz;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Makes requests to all operations of a contract; the same seed makes the same ones. One in five is right. */
public final class FuzzRequests {
    private static final int RIGHT_ONE_IN = 5;
    private static final List<String> HEADERS = List.of(
            "Content-Type", "Content-Encoding", "Prefer", "Idempotency-Key", "Last-Event-ID", "Accept", "Origin");

    private record Operation(String id, String method, String path, JsonObject details) {}

    private final List<Operation> operations = new ArrayList<>();
    private final JsonObject contract;
    private final Random random;
    private final SchemaSamples samples;
    private final Distortion distortion;
    private final Function<Random, String> knownId;
    private int made;

    /**
     * Creates it.
     *
     * @param knownId gives the id of a request that was accepted
     */
    public FuzzRequests(JsonObject contract, long seed, Function<Random, String> knownId) {
        this.contract = contract;
        this.random = new Random(seed);
        this.samples = new SchemaSamples(contract, random);
        this.distortion = new Distortion(random);
        this.knownId = knownId;
        contract.getJsonObject("paths")
                .forEach(path -> ((JsonObject) path.getValue()).forEach(operation -> {
                    JsonObject details = (JsonObject) operation.getValue();
                    operations.add(new Operation(
                            details.getString("operationId"),
                            operation.getKey().toUpperCase(Locale.ROOT),
                            path.getKey(),
                            details));
                }));
    }

    /** Makes the next one. */
    public FuzzRequest next() {
        // submissions are what fills the server, so every other request is one
        Operation operation = random.nextBoolean()
                ? operations.stream()
                        .filter(one -> one.id().equals("submitInference"))
                        .findFirst()
                        .orElseThrow()
                : operations.get(random.nextInt(operations.size()));
        FuzzRequest right = right(operation);
        return made++ % RIGHT_ONE_IN == 0 ? right : wrong(operation, right);
    }

    private FuzzRequest right(Operation operation) {
        StringBuilder query = new StringBuilder();
        String path = operation.path();
        Map<String, String> headers = new TreeMap<>();
        for (Object each : operation.details().getJsonArray("parameters", new JsonArray())) {
            JsonObject parameter = resolve((JsonObject) each);
            String name = parameter.getString("name");
            switch (parameter.getString("in")) {
                case "path" -> path = path.replace("{" + name + "}", pathValue(name));
                case "query" -> query.append(queryPart(name, parameter, query.length() == 0 ? "?" : "&"));
                default -> headerValue(name, headers);
            }
        }
        JsonObject body = body(operation);
        byte[] bytes = body == null ? new byte[0] : body.encode().getBytes(StandardCharsets.UTF_8);
        int pieces = random.nextInt(4) == 0 ? 1 + random.nextInt(12) : 1;
        return new FuzzRequest(
                operation.id(),
                operation.method(),
                path + query,
                headers,
                bytes,
                pieces,
                random.nextInt(10) == 0,
                true);
    }

    private JsonObject resolve(JsonObject parameter) {
        String reference = parameter.getString("$ref");
        return reference == null
                ? parameter
                : contract.getJsonObject("components")
                        .getJsonObject("parameters")
                        .getJsonObject(reference.substring(reference.lastIndexOf('/') + 1));
    }

    private String pathValue(String name) {
        return switch (name) {
            case "request_id" -> knownId.apply(random);
            case "index" -> Integer.toString(random.nextInt(2));
            default -> "something";
        };
    }

    private String queryPart(String name, JsonObject parameter, String before) {
        boolean opaque = name.equals("cursor"); // only a list gives one
        return random.nextBoolean() || opaque
                ? ""
                : before + name + "=" + samples.of(name, parameter.getJsonObject("schema"));
    }

    private void headerValue(String name, Map<String, String> headers) {
        if (random.nextInt(4) == 0) {
            headers.put(
                    name,
                    switch (name) {
                        case "Prefer" -> "wait=" + random.nextInt(2);
                        case "Last-Event-ID" -> Integer.toString(random.nextInt(5));
                        default -> "key-" + random.nextInt(1_000_000_000);
                    });
        }
    }

    private @Nullable JsonObject body(Operation operation) {
        JsonObject body = operation.details().getJsonObject("requestBody");
        return body == null
                ? null
                : (JsonObject) samples.of(
                        "",
                        body.getJsonObject("content")
                                .getJsonObject("application/json")
                                .getJsonObject("schema"));
    }

    private FuzzRequest wrong(Operation operation, FuzzRequest right) {
        String method = right.method();
        String target = right.target();
        byte[] body = right.body();
        Map<String, String> headers = new TreeMap<>(right.headers());
        for (int i = 0; i < 1 + random.nextInt(2); i++) {
            switch (random.nextInt(operation.details().containsKey("requestBody") ? 9 : 5)) {
                case 0 -> method = distortion.method();
                case 1 -> target = distortion.path(target.split("\\?", 2)[0]);
                case 2 -> target = target.split("\\?", 2)[0] + "?" + name() + "=" + distortion.queryValue();
                case 3 -> {
                    String header = HEADERS.get(random.nextInt(HEADERS.size()));
                    headers.put(header, distortion.header(header));
                }
                case 4 -> target = operation.path().replaceAll("\\{\\w+}", distortion.id());
                default -> body = distortion.body(new JsonObject(new String(right.body(), StandardCharsets.UTF_8)));
            }
        }
        return new FuzzRequest(right.operation(), method, target, headers, body, right.pieces(), right.slow(), false);
    }

    private String name() {
        return List.of("limit", "status", "cursor", "model", "x").get(random.nextInt(5));
    }
}
