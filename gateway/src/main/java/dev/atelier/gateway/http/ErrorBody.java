package dev.atelier.gateway.http;

import dev.atelier.gateway.log.Redaction;
import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Map;
import java.util.Optional;

/**
 * An answer that tells of an error. It carries the error object twice: as {@code error}, and under {@code detail} in
 * the form that clients of the reference read.
 *
 * @param status the HTTP status
 * @param code the reason for programs
 * @param json the body
 */
record ErrorBody(int status, ErrorCode code, JsonObject json) {
    /** The detail that says after how many seconds trying again makes sense; also the header {@code Retry-After}. */
    static final String RETRY_AFTER = "retry_after_seconds";

    /** The longest text of an answer; what a client sent is cut to {@link #LONGEST_VALUE} before it comes into one. */
    private static final int LONGEST_TEXT = 500;

    /** The longest part of what a client sent that is sent back. */
    static final int LONGEST_VALUE = 200;

    /** Returns the answer that belongs to a failure; anything unforeseen is a fault of ours. */
    static ErrorBody of(Throwable failure) {
        if (failure instanceof InvalidRequest invalid) {
            return ofViolations(invalid);
        }
        if (failure instanceof PipelineException refused) {
            JsonObject error = error(refused.code(), refused.getMessage(), refused.details());
            return new ErrorBody(
                    status(refused.code()), refused.code(), body(error, new JsonObject().put("error", error)));
        }
        return failure instanceof UnreadableBody
                ? ofText(400, ErrorCode.INVALID_PARAMETER, String.valueOf(failure.getMessage()))
                : ofText(500, ErrorCode.INTERNAL_ERROR, "Internal Server Error");
    }

    /** Returns after how many seconds trying again makes sense, where that is known. */
    Optional<Integer> retryAfter() {
        Object seconds = json.getJsonObject("error").getJsonObject("details").getValue(RETRY_AFTER);
        return seconds instanceof Number number ? Optional.of(number.intValue()) : Optional.empty();
    }

    /** Returns an answer whose {@code detail} is a plain text. */
    static ErrorBody ofText(int status, ErrorCode code, String text) {
        return new ErrorBody(status, code, body(error(code, text, Map.of()), text));
    }

    /** Returns the status of a code, for errors that answer a request. */
    static int status(ErrorCode code) {
        return switch (code) {
            case MODEL_NOT_FOUND,
                    LORA_FILE_REQUIRED,
                    MOE_FORMAT_REQUIRED,
                    SINGLE_MOE_CONFIG_ONLY,
                    MOE_FORMAT_NOT_SUPPORTED,
                    SINGLE_LORA_ONLY,
                    LORA_NOT_FOUND,
                    LORA_URL_NOT_ALLOWED,
                    CONTROL_IMAGE_REQUIRED -> 400;
            case UNAUTHORIZED -> 401;
            case FORBIDDEN, HOST_NOT_ALLOWED, ORIGIN_NOT_ALLOWED -> 403;
            case REQUEST_NOT_FOUND, PLUGIN_NOT_FOUND, NOT_FOUND -> 404;
            case METHOD_NOT_ALLOWED -> 405;
            case IDEMPOTENCY_CONFLICT, REQUEST_FINISHED, REQUEST_NOT_FINISHED -> 409;
            case REQUEST_EXPIRED -> 410;
            case INVALID_PARAMETER, LORA_INVALID, LORA_NOT_APPLIED, LORA_TOO_LARGE -> 422;
            case QUEUE_FULL, RATE_LIMITED, TOO_MANY_STREAMS, TOO_MANY_INSPECTIONS -> 429;
            case LORA_DOWNLOAD_FAILED -> 502;
            case MODEL_NOT_AVAILABLE, STORE_UNAVAILABLE, STORAGE_UNAVAILABLE, SHUTTING_DOWN -> 503;
            case STORAGE_FULL -> 507;
            default -> 500;
        };
    }

    private static ErrorBody ofViolations(InvalidRequest invalid) {
        JsonArray list = new JsonArray();
        invalid.violations().forEach(violation -> list.add(violation.toJson()));
        Map<String, Object> details = Map.of("violations", list.size());
        JsonObject error = error(ErrorCode.INVALID_PARAMETER, String.valueOf(invalid.getMessage()), details);
        return new ErrorBody(422, ErrorCode.INVALID_PARAMETER, body(error, list));
    }

    private static JsonObject error(ErrorCode code, String message, Map<String, Object> details) {
        return new JsonObject()
                .put("code", code.name())
                .put("message", message)
                .put("details", Redaction.shortened(new JsonObject(details), LONGEST_VALUE));
    }

    private static JsonObject body(JsonObject error, Object detail) {
        return Redaction.shortened(new JsonObject().put("error", error).put("detail", detail), LONGEST_TEXT);
    }
}
