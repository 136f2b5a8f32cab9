package dev.atelier.gateway.http;

import static org.junit.jupiter.api.Assertions.assertThrows;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.net.http.HttpHeaders;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The tests' own check of answers: it must notice what does not fit. */
class ContractCheckTest {
    private final Vertx vertx = Vertx.vertx();
    private ContractCheck check;

    @BeforeEach
    void read() {
        check = ContractCheck.create(vertx);
    }

    @AfterEach
    void close() {
        vertx.close().await();
    }

    private static Answer answer(int status, String type, String body) {
        HttpHeaders headers = HttpHeaders.of(Map.of("content-type", List.of(type)), (name, value) -> true);
        return new Answer(status, headers, Buffer.buffer(body));
    }

    private void isNoticed(String path, Answer answer) {
        assertThrows(AssertionError.class, () -> check.check("GET", path, answer));
    }

    @Test
    void noticesABodyThatDoesNotFit() {
        check.check("GET", "/health", answer(200, "application/json", "{\"status\":\"healthy\"}"));
        isNoticed("/health", answer(200, "application/json", "{\"status\":\"ill\"}"));
        isNoticed("/v1/models", answer(200, "application/json", "{\"models\":[{\"id\":3}]}"));
    }

    @Test
    void noticesAnUndeclaredStatusOrType() {
        isNoticed("/health", answer(201, "application/json", "{\"status\":\"healthy\"}"));
        isNoticed("/health", answer(200, "text/html", "{\"status\":\"healthy\"}"));
    }

    @Test
    void noticesAnErrorWithoutItsObject() {
        isNoticed("/v1/requests/x/status", answer(404, "application/json", "{\"detail\":\"Not Found\"}"));
        isNoticed("/v1/nothing", answer(404, "application/json", "{\"detail\":\"Not Found\"}"));
    }
}
