package dev.atelier.gateway.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.atelier.gateway.job.JobTerms.Idempotency;
import io.vertx.core.MultiMap;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * Reads {@code Idempotency-Key}, and tells bodies apart by what they mean: the fields that the contract knows, in any
 * order, where null is absence. The token is left out, so that nothing that is stored comes from it.
 */
final class IdempotencyKey {
    static final String HEADER = "Idempotency-Key";

    private static final Pattern KEY = Pattern.compile("[!-~]{1,255}");
    private static final ObjectMapper CANONICAL = JsonMapper.builder()
            .enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS)
            .build();

    private IdempotencyKey() {}

    /**
     * Returns what makes a submission the same as another; empty without the header.
     *
     * @param request as it was read by the contract
     * @throws InvalidRequest when the key is malformed
     */
    static Optional<Idempotency> of(MultiMap headers, ReadRequest request) {
        String key = headers.get(HEADER);
        if (key == null) {
            return Optional.empty();
        }
        if (!KEY.matcher(key).matches()) {
            throw new InvalidRequest(
                    List.of(Rule.VALUE.at(List.of("header", HEADER), "1 to 255 visible ASCII characters are needed")));
        }
        return Optional.of(new Idempotency(key, sha256(request)));
    }

    private static String sha256(ReadRequest request) {
        Map<String, Object> counted = withoutNulls(request.requireBody().getMap());
        counted.remove("hf_token");
        // what was not stored makes a body another one; no such body becomes a job
        request.tails().forEach((place, tail) -> counted.put(place + "/size", tail.size()));
        try {
            String text = CANONICAL.writeValueAsString(counted);
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (JsonProcessingException | NoSuchAlgorithmException e) {
            throw new IllegalStateException("a body cannot be hashed", e);
        }
    }

    private static Map<String, Object> withoutNulls(Map<?, ?> map) {
        Map<String, Object> kept = new TreeMap<>();
        map.forEach((name, value) -> {
            if (value != null) {
                kept.put(String.valueOf(name), withoutNulls(value));
            }
        });
        return kept;
    }

    private static Object withoutNulls(Object value) {
        if (value instanceof Map<?, ?> map) {
            return withoutNulls(map);
        }
        return value instanceof Collection<?> list
                ? list.stream()
                        .map(item -> item == null ? null : withoutNulls(item))
                        .toList()
                : value;
    }
}
