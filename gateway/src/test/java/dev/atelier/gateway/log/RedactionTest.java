package dev.atelier.gateway.log;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RedactionTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "the token hf_AbCdEfGhIjKl was refused | the token hf_*** was refused",
                "key atl-0123456789abcdefghij_-xyz! | key atl-***!",
                "Authorization: Bearer abc.def-ghi12 x | Authorization: Bearer *** x",
                "bearer ABCDEFGHIJ | bearer ***",
                "https://a.test/f?X-Amz-Signature=1&b=2 failed | https://a.test/f?*** failed",
                "'https://a.test/f#part' | 'https://a.test/f?***'",
                "http://me:secret@proxy:3128 is away | http://***@proxy:3128 is away",
                "jdbc:postgresql://h/db?user=a&password=b | jdbc:postgresql://h/db?***",
                "postgresql://a:b@h:5432/db | postgresql://***@h:5432/db"
            })
    void masksWhatIsSecret(String text, String safe) {
        assertEquals(safe, Redaction.of(text));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "body.hf_token: Input should be a valid string",
                "hf://org/repo@main/file.safetensors",
                "https://a.test/path/file.safetensors",
                "is it there? yes # no",
                "job 385ab836-ff92-41a4-9cd4-f1d044e9e863"
            })
    void leavesTheRest(String text) {
        assertEquals(text, Redaction.of(text));
    }

    @Test
    void masksTheSecretsOfThisProcessWhereverTheyTurnUp() {
        Redaction.hide("correct horse");

        assertEquals("a *** b", Redaction.of("a correct horse b"));
    }

    @Test
    void readsIntoObjects() {
        JsonObject error = new JsonObject()
                .put("details", Map.of("loras", List.of(Map.of("path", "https://a.test/f?sig=1", "n", 2))))
                .put("list", new JsonArray().add("hf_AbCdEfGh").addNull())
                .putNull("none");

        assertEquals(
                new JsonObject()
                        .put(
                                "details",
                                new JsonObject()
                                        .put(
                                                "loras",
                                                new JsonArray()
                                                        .add(new JsonObject()
                                                                .put("path", "https://a.test/f?***")
                                                                .put("n", 2))))
                        .put("list", new JsonArray().add("hf_***").addNull())
                        .putNull("none"),
                Redaction.of(error));
    }
}
