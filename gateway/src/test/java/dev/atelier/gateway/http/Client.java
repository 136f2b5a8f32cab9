package dev.atelier.gateway.http;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** Sends requests to a server on this machine, and holds every answer against the contract. */
public final class Client {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(PATIENCE)
            .build();
    private final int port;
    private final ContractCheck contract;

    /** Talks to a port. */
    public Client(int port, ContractCheck contract) {
        this.port = port;
        this.contract = contract;
    }

    /** Returns the port that it talks to. */
    public int port() {
        return port;
    }

    /** Fetches a path. */
    public Answer get(String path, String... headers) {
        return send("GET", path, BodyPublishers.noBody(), headers);
    }

    /** Sends JSON. */
    public Answer post(String path, JsonObject body) {
        return post(path, body.toBuffer(), "Content-Type", "application/json");
    }

    /** Sends bytes. */
    public Answer post(String path, Buffer body, String... headers) {
        return send("POST", path, BodyPublishers.ofByteArray(body.getBytes()), headers);
    }

    /** Sends any request; its answer must fit the contract, unless it is a redirection, or for a browser alone. */
    public Answer send(String method, String path, BodyPublisher body, String... headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .timeout(PATIENCE)
                .method(method, body);
        if (headers.length > 0) {
            request.headers(headers);
        }
        try {
            HttpResponse<byte[]> response = http.send(request.build(), BodyHandlers.ofByteArray());
            Answer answer = new Answer(response.statusCode(), response.headers(), Buffer.buffer(response.body()));
            boolean asset = path.startsWith("/docs/") && answer.status() == 200;
            if (answer.status() != 307 && !asset && !method.equals("HEAD") && !method.equals("OPTIONS")) {
                contract.check(method, path.split("\\?", 2)[0], answer);
            }
            return answer;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Sends bytes as they are, and returns everything that comes until the server closes. */
    public String raw(String request) {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout((int) PATIENCE.toMillis());
            socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
            InputStream in = socket.getInputStream();
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
