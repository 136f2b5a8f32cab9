package dev.atelier.gateway.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.List;
import java.util.Map;
import java.util.Random;
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

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "http://me:p@ss@proxy:3128 | http://***@proxy:3128",
                "s3://key:sec@b/f?x#y | s3://***@b/f?***",
                "Bearer hf_AbCdEfGhIjKl | Bearer ***",
                "a://b?c,d://e:f@g/h?i | a://b?***",
                "bearer.bearer.Bearer abcdefgh | bearer.bearer.Bearer ***"
            })
    void masksMoreThanPatternsDid(String text, String safe) {
        assertEquals(safe, Redaction.of(text));
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void leavesNothingThatThePatternsOfOldWouldMask(long seed) {
        Random random = new Random(seed);
        for (int i = 0; i < 20_000; i++) {
            StringBuilder text = new StringBuilder();
            for (int part = random.nextInt(8); part >= 0; part--) {
                text.append(PARTS.get(random.nextInt(PARTS.size())));
            }
            String safe = Redaction.of(text.toString());
            assertEquals(safe, byPatterns(safe), text.toString());
        }
    }

    private static final List<String> PARTS = List.of(
            "hf_",
            "abcd",
            "token",
            "atl-",
            "0123456789_-abcdefghij",
            "Bearer",
            "bearer ",
            " ",
            "\n",
            "x.Y~+/=",
            "http",
            "://",
            "me:pw",
            "@",
            "host",
            "/p",
            "?q=1",
            "#f",
            "\"",
            "'",
            "<",
            ">",
            "-",
            ".",
            "_",
            "\u00e9",
            "hf_AbCdEfGh",
            "a");

    /** What this class masked with patterns that took time in the square of a text's length. */
    private static String byPatterns(String text) {
        return text.replaceAll("\\bhf_(?!token|endpoint|home|hub)[A-Za-z0-9]{4,}", "hf_***")
                .replaceAll("\\batl-[A-Za-z0-9_-]{20,}", "atl-***")
                .replaceAll("\\b([A-Za-z][A-Za-z0-9+.-]*://)[^\\s/@\"'?#]+@", "$1***@")
                .replaceAll("\\b([A-Za-z][A-Za-z0-9+.-]*://[^\\s?#\"'<>]*)[?#][^\\s\"'<>]+", "$1?***")
                .replaceAll("(?i)\\b(bearer)\\s+[A-Za-z0-9._~+/=-]{8,}", "$1 ***");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a.",
                "://",
                "a://",
                "?",
                "x://?",
                "@",
                "a://b:",
                "hf_",
                "hf_token",
                "atl-",
                "atl-a ",
                "bearer ",
                "bearer.",
                "BEARER",
                " ",
                "\"a://",
                "http://me:pw@",
                "a://<"
            })
    void takesTimeInProportionToTheText(String part) {
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        double least = Double.MAX_VALUE;
        for (int attempt = 0; attempt < 10 && least > 2.5; attempt++) {
            double once = nanos(threads, part.repeat(100_000 / part.length()));
            least = Math.min(least, nanos(threads, part.repeat(200_000 / part.length())) / once);
        }
        assertTrue(least <= 2.5, part + ": " + least);
    }

    private static double nanos(ThreadMXBean threads, String text) {
        long before = threads.getCurrentThreadCpuTime();
        for (int i = 0; i < 5; i++) {
            assertFalse(Redaction.of(text).isEmpty());
        }
        return threads.getCurrentThreadCpuTime() - before;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://me:SECRET@host/p",
                "https://a.test/f?sig=SECRET",
                "https://a.test/f#SECRET",
                "key atl-SECRET",
                "the token hf_SECRET",
                "Bearer SECRET"
            })
    void showsNoPartOfASecretWhereATextIsCut(String pattern) {
        String secret = "Z1y2X3w4V5u6T7s8R9q0".repeat(100);
        String hostile = pattern.replace("SECRET", secret);
        for (int before = 0; before < 1300; before += 7) {
            String text = "- ".repeat(before / 2) + hostile + " and more";
            String shown = Redaction.shortened(text, 200);
            assertFalse(shown.contains("Z1"), shown);
            assertTrue(shown.length() <= 203, shown);
        }
        for (int length = 4; length < 60; length++) {
            String text = pattern.replace("SECRET", secret.substring(0, length)) + " " + "x".repeat(5000);
            String shown = Redaction.shortened(text, 40);
            assertTrue(length < 20 && pattern.contains("atl-") || length < 8 || !shown.contains("Z1"), shown);
        }
    }

    @Test
    void showsNoBeginningOfASecretOfThisProcessWhereATextIsCut() {
        String secret = "Q" + "w8".repeat(40);
        Redaction.hide(secret);
        for (int before = 1100; before < 1300; before++) {
            String shown = Redaction.shortened("- ".repeat(before / 2) + secret + " " + "x".repeat(3000), 1190);
            assertFalse(shown.contains("Qw8w"), shown);
        }
    }

    @Test
    void cutsBetweenCharactersAndReplacesHalfOnes() {
        assertEquals("ab", Redaction.shortened("ab", 2));
        assertEquals("ab...", Redaction.shortened("abc", 2));
        assertEquals("a...", Redaction.shortened("a\ud83d\ude00b", 2));
        assertEquals("a\ud83d\ude00...", Redaction.shortened("a\ud83d\ude00b", 3));
        assertEquals("a\ufffdb", Redaction.shortened("a\ud83db", 10));
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
