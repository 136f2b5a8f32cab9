package dev.atelier.bench.service;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/** Asks a gateway. */
final class Client {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final String url;

    Client(String url) {
        this.url = url;
    }

    /** Returns a submission of one picture that needs no LoRA. */
    static String submission(String model, int side, int steps) {
        return "{\"model\":\"" + model + "\",\"loras\":[],\"prompts\":[{\"prompt\":\"a photo of a person\",\"width\":"
                + side + ",\"height\":" + side + ",\"sample_steps\":" + steps + "}]}";
    }

    /** Submits. */
    CompletableFuture<HttpResponse<String>> submit(String body) {
        HttpRequest request = request("/v1/inference")
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(body))
                .build();
        return http.sendAsync(request, BodyHandlers.ofString());
    }

    /** Asks where a request is. */
    CompletableFuture<HttpResponse<String>> status(String id) {
        return http.sendAsync(request("/v1/requests/" + id + "/status").build(), BodyHandlers.ofString());
    }

    /** Asks for health. */
    CompletableFuture<HttpResponse<String>> health() {
        return http.sendAsync(request("/health").build(), BodyHandlers.ofString());
    }

    /** Ends a request, finished or not. */
    void cancel(String id) {
        http.sendAsync(
                        request("/v1/requests/" + id + "/cancel")
                                .POST(BodyPublishers.noBody())
                                .build(),
                        BodyHandlers.discarding())
                .join();
    }

    /** Returns the id that a submission was answered with. */
    static String id(HttpResponse<String> answer) {
        return field(answer, "request_id");
    }

    /** Returns a field of an answer. */
    static String field(HttpResponse<String> answer, String name) {
        try {
            JsonNode value = JSON.readTree(answer.body()).path(name);
            if (answer.statusCode() != 200 || value.isMissingNode()) {
                throw new IllegalStateException("answered " + answer.statusCode() + ": " + answer.body());
            }
            return value.asText();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(url + path)).timeout(PATIENCE);
    }
}
