package dev.atelier.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.gateway.http.ApiContract;
import dev.atelier.gateway.testplugin.AdapterFixture;
import dev.atelier.gateway.testplugin.TestPlugin;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.lang.management.ThreadMXBean;
import java.net.URLEncoder;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Text of every kind in every parameter, every header and every field of every operation of the contract: twice the
 * text costs no more than about twice the processor time, and no turn of an event loop takes long.
 */
@Timeout(900)
class HostileTextTest {
    private static final double MOST_TIMES = 2.5;
    private static final long TURN_MILLIS = 50;
    /** Below this, what is measured is the rest of a request. */
    private static final double FLOOR_MILLIS = 1;

    private static final int ATTEMPTS = 4;
    private static final int LONG = Integer.getInteger("atelier.test.characters", 100_000);
    private static final int SHORT = 200;
    private static final List<String> HEADERS = List.of(
            "Accept",
            "Authorization",
            "Content-Type",
            "Forwarded",
            "If-None-Match",
            "Origin",
            "Range",
            "X-API-Key",
            "X-Request-Id",
            "traceparent");
    private static final Map<String, Object> MEANINGFUL = Map.of("model", "zimage_turbo", "path", "job/my.safetensors");
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
    private static final JsonObject CONTRACT = ApiContract.read();

    @TempDir
    static Path folder;

    private static RunningGateway gateway;
    private static TurnWatch watch;

    @BeforeAll
    static void start() throws IOException {
        TestPlugin.procedural("zimage_turbo").writeTo(folder.resolve("plugins"));
        AdapterFixture.write(folder.resolve("loras/job/my.safetensors"), "weights");
        Foundation foundation = TurnWatch.foundation();
        Map<Setting, String> settings =
                Map.of(Setting.QUEUE_CAPACITY, "1000000", Setting.LORA_ALLOWED_HOSTS, "loras.invalid");
        watch = new TurnWatch(foundation, TURN_MILLIS);
        gateway = RunningGateway.start(folder, settings, foundation);
        places().forEach(place -> place.send(HostileText.DIGITS.ofLength(SHORT))); // classes are loaded
        watch.begin();
    }

    @AfterAll
    static void stop() {
        gateway.close();
    }

    @AfterEach
    void noTurnTookLong() {
        assertEquals(List.of(), watch.seen().stream().limit(2).toList());
    }

    /** Where a client writes a text. */
    private record Place(String name, int length, Consumer<String> sender) {
        void send(String text) {
            sender.accept(text);
        }

        @Override
        public String toString() {
            return name;
        }
    }

    static List<Place> places() {
        List<Place> places = new ArrayList<>();
        CONTRACT.getJsonObject("paths")
                .forEach(path -> ((JsonObject) path.getValue()).forEach(operation -> {
                    JsonObject details = (JsonObject) operation.getValue();
                    String method = operation.getKey().toUpperCase(Locale.ROOT);
                    parameters(places, method, path.getKey(), details);
                    if (details.containsKey("requestBody")) {
                        fields(places, path.getKey(), details);
                    }
                }));
        for (String header : HEADERS) {
            places.add(new Place(header, SHORT, text -> send("GET", "/v1/models", header, text)));
        }
        places.add(new Place("a path", SHORT, text -> send("GET", "/v1/" + encoded(text), "Accept", "*/*")));
        return places;
    }

    private static void parameters(List<Place> places, String method, String path, JsonObject details) {
        String plain = path.replaceAll("\\{\\w+}", "0");
        for (Object each : details.getJsonArray("parameters", new JsonArray())) {
            JsonObject parameter = resolve((JsonObject) each);
            String name = parameter.getString("name");
            String called = details.getString("operationId") + " " + name;
            places.add(
                    switch (parameter.getString("in")) {
                        case "path" ->
                            new Place(
                                    called,
                                    SHORT,
                                    text -> send(
                                            method,
                                            path.replace("{" + name + "}", encoded(text))
                                                    .replaceAll("\\{\\w+}", "0"),
                                            "Accept",
                                            "*/*"));
                        case "query" ->
                            new Place(
                                    called,
                                    SHORT,
                                    text -> send(method, plain + "?" + name + "=" + encoded(text), "Accept", "*/*"));
                        default -> new Place(called, SHORT, text -> send(method, plain, name, text));
                    });
        }
    }

    private static void fields(List<Place> places, String path, JsonObject details) {
        JsonObject schema = details.getJsonObject("requestBody")
                .getJsonObject("content")
                .getJsonObject("application/json")
                .getJsonObject("schema");
        String operation = details.getString("operationId");
        List<Leaf> leaves = new ArrayList<>();
        collectLeaves(schema, List.of(), leaves);
        for (Leaf leaf : leaves) {
            Consumer<String> sender = text -> {
                JsonObject body = (JsonObject) sample("", schema);
                set(body, leaf.place(), text);
                post(path, body);
            };
            places.add(new Place(operation + " " + leaf.place(), LONG, sender));
            if (leaf.most() < LONG) { // also a text that is not too long
                places.add(new Place(operation + " " + leaf.place() + " within bounds", leaf.most() / 2, sender));
            }
        }
        places.add(new Place(
                operation + " unknown value",
                LONG,
                text -> post(path, ((JsonObject) sample("", schema)).put("unknown", text))));
        places.add(new Place(
                operation + " unknown name",
                LONG / 10,
                text -> post(path, ((JsonObject) sample("", schema)).put(text, 1))));
    }

    /** A field that holds no others. */
    private record Leaf(List<Object> place, int most) {}

    private static void collectLeaves(JsonObject written, List<Object> place, List<Leaf> leaves) {
        JsonObject schema = resolve(written);
        if (schema.containsKey("items")) {
            collectLeaves(schema.getJsonObject("items"), below(place, 0), leaves);
        } else if (schema.containsKey("properties")) {
            schema.getJsonObject("properties")
                    .forEach(property ->
                            collectLeaves((JsonObject) property.getValue(), below(place, property.getKey()), leaves));
        } else {
            leaves.add(new Leaf(place, schema.getInteger("maxLength", LONG)));
        }
    }

    private static List<Object> below(List<Object> place, Object step) {
        return Stream.concat(place.stream(), Stream.of(step)).toList();
    }

    private static void set(JsonObject body, List<Object> place, String text) {
        Object at = body;
        for (Object step : place.subList(0, place.size() - 1)) {
            at = step instanceof Integer index
                    ? ((JsonArray) at).getValue(index)
                    : ((JsonObject) at).getValue((String) step);
        }
        ((JsonObject) at).put((String) place.get(place.size() - 1), text);
    }

    /** Returns the smallest value that fits a schema. */
    private static Object sample(String name, JsonObject written) {
        JsonObject schema = resolve(written);
        if (schema.containsKey("properties")) {
            JsonObject object = new JsonObject();
            for (Object required : schema.getJsonArray("required")) {
                String field = (String) required;
                object.put(
                        field, sample(field, schema.getJsonObject("properties").getJsonObject(field)));
            }
            return object;
        }
        return schema.containsKey("items")
                ? new JsonArray().add(sample("", schema.getJsonObject("items")))
                : MEANINGFUL.getOrDefault(name, "a");
    }

    private static JsonObject resolve(JsonObject schema) {
        String reference = schema.getString("$ref");
        if (reference == null) {
            return schema;
        }
        JsonObject found = CONTRACT;
        for (String step : reference.substring(2).split("/")) {
            found = found.getJsonObject(step);
        }
        return resolve(found);
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    private static void post(String path, JsonObject body) {
        gateway.client().post(path, body);
    }

    private static void send(String method, String path, String header, String text) {
        // what cannot be written into a header is left out
        String value = text.chars()
                .filter(c -> c >= ' ' && c <= '~')
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString()
                .strip();
        gateway.client().send(method, path, BodyPublishers.noBody(), header, value);
    }

    @ParameterizedTest
    @MethodSource("places")
    void costsNoMoreThanItsLength(Place place) {
        for (HostileText text : HostileText.values()) {
            assertLinear(place, text.name(), text::ofLength);
        }
        for (int i = 0; i < HostileText.RANDOM; i++) {
            int kind = i;
            assertLinear(place, "random " + kind, length -> HostileText.random(kind, length));
        }
    }

    private static void assertLinear(Place place, String kind, IntFunction<String> texts) {
        String once = texts.apply(place.length());
        String twice = texts.apply(2 * place.length());
        double least = Double.MAX_VALUE;
        for (int attempt = 1; attempt <= ATTEMPTS; attempt++) {
            int times = place.length() < LONG / 10 ? 4 : attempt;
            double single = Math.max(FLOOR_MILLIS, milliseconds(place, once, times));
            least = Math.min(least, milliseconds(place, twice, times) / single);
            if (least <= MOST_TIMES) {
                return;
            }
        }
        assertTrue(least <= MOST_TIMES, place + ", " + kind + ": " + least + " times the processor time");
    }

    /** Returns the processor time of the server for one request. */
    private static double milliseconds(Place place, String text, int times) {
        long before = serverTime();
        for (int i = 0; i < times; i++) {
            place.send(text);
        }
        return (serverTime() - before) / 1e6 / times;
    }

    private static long serverTime() {
        long sum = 0;
        for (ThreadInfo thread : THREADS.getThreadInfo(THREADS.getAllThreadIds())) {
            if (thread != null
                    && (thread.getThreadName().startsWith("vert.x")
                            || thread.getThreadName().startsWith("atelier"))) {
                sum += THREADS.getThreadCpuTime(thread.getThreadId());
            }
        }
        return sum;
    }
}
