package dev.atelier.gateway.http;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a refusal is answered with. */
class ErrorBodyTest {
    @ParameterizedTest
    @CsvSource({
        "REQUEST_FINISHED, 409",
        "REQUEST_NOT_FINISHED, 409",
        "IDEMPOTENCY_CONFLICT, 409",
        "REQUEST_EXPIRED, 410",
        "QUEUE_FULL, 429",
        "TOO_MANY_INSPECTIONS, 429",
        "STORE_UNAVAILABLE, 503",
        "STORAGE_FULL, 507"
    })
    void hasTheStatusOfItsCode(ErrorCode code, int status) {
        ErrorBody body = ErrorBody.of(new PipelineException(code, "no"));

        assertEquals(status, body.status());
        assertEquals(code, body.code());
        assertEquals(
                body.json().getJsonObject("error"),
                body.json().getJsonObject("detail").getJsonObject("error"));
    }

    @Test
    void saysWhenToComeAgainWhereThatIsKnown() {
        ErrorBody known = ErrorBody.of(
                new PipelineException(ErrorCode.STORE_UNAVAILABLE, "away", Map.of(ErrorBody.RETRY_AFTER, 5), null));
        ErrorBody unknown = ErrorBody.of(new PipelineException(ErrorCode.STORE_UNAVAILABLE, "away"));

        assertEquals(Optional.of(5), known.retryAfter());
        assertEquals(Optional.empty(), unknown.retryAfter());
    }
}
