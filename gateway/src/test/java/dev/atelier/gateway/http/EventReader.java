package dev.atelier.gateway.http;

import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** Reads a stream of server-sent events on a thread of its own, as a browser would. */
public final class EventReader implements AutoCloseable {
    private static final int PATIENCE_SECONDS = 20;
    private static final Event END = new Event("", "", new JsonObject());

    /** An event as it came. */
    public record Event(String id, String name, JsonObject data) {}

    private final HttpResponse<InputStream> response;
    private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();
    private final BlockingQueue<String> comments = new LinkedBlockingQueue<>();

    private EventReader(HttpResponse<InputStream> response) {
        this.response = response;
    }

    /** Opens a stream; headers are names and values in turn. */
    public static EventReader open(int port, String path, String... headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path));
        if (headers.length > 0) {
            request.headers(headers);
        }
        try {
            EventReader reader = new EventReader(HttpClient.newBuilder()
                    .version(HttpClient.Version.HTTP_1_1)
                    .build()
                    .send(request.build(), BodyHandlers.ofInputStream()));
            Thread thread = new Thread(reader::read, "events of " + path);
            thread.setDaemon(true);
            thread.start();
            return reader;
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Returns the status and headers. */
    public HttpResponse<InputStream> response() {
        return response;
    }

    private void read() {
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8))) {
            String id = "";
            String name = "";
            JsonObject data = new JsonObject();
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.isEmpty() && !name.isEmpty()) {
                    events.add(new Event(id, name, data));
                    name = "";
                } else if (line.startsWith(":")) {
                    comments.add(line);
                } else if (line.startsWith("id: ")) {
                    id = line.substring(4);
                } else if (line.startsWith("event: ")) {
                    name = line.substring(7);
                } else if (line.startsWith("data: ")) {
                    data = new JsonObject(line.substring(6));
                }
            }
        } catch (IOException e) {
            // cut off: an end like another
        }
        events.add(END);
    }

    /** Waits for the next event; empty when the stream has ended. */
    public Optional<Event> next() {
        Event event = poll(events, "event");
        if (event == END) {
            events.add(END);
            return Optional.empty();
        }
        return Optional.of(event);
    }

    /** Waits for the next event of a kind; fails when the stream ends first. */
    public Event next(String name) {
        for (Optional<Event> event = next(); event.isPresent(); event = next()) {
            if (event.get().name().equals(name)) {
                return event.get();
            }
        }
        throw new AssertionError("the stream ended without " + name);
    }

    /** Waits for the end and returns everything before it. */
    public List<Event> rest() {
        List<Event> rest = new ArrayList<>();
        for (Optional<Event> event = next(); event.isPresent(); event = next()) {
            rest.add(event.get());
        }
        return rest;
    }

    /** Waits for a comment. */
    public String comment() {
        return poll(comments, "comment");
    }

    private static <T> T poll(BlockingQueue<T> queue, String what) {
        try {
            T found = queue.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
            if (found == null) {
                throw new AssertionError("no " + what + " came");
            }
            return found;
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        try {
            response.body().close();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
