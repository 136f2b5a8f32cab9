package dev.atelier.zimage.checkpoint;

import static dev.atelier.zimage.Failures.message;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConfigTest {
    private static final String JSON = """
            {"whole": 7, "written_as_float": 1000.0, "exponent": 1e3, "small": 1e-05, "half": 0.5, "large": 3000000000,
             "yes": true, "word": "silu", "axes": [32, 48.0, 48], "words": ["a", "b"], "nothing": null,
             "negative": -1, "zero": 0, "inner": {"rope_theta": 1000000}, "mixed": [1, "2"]}""";

    @TempDir
    private Path folder;

    @Test
    void valuesAreReadByType() throws IOException {
        Config config = config(JSON);
        assertEquals(7, config.integer("whole"));
        assertEquals(1000, config.integer("written_as_float"));
        assertEquals(1000, config.positive("exponent"));
        assertEquals(-1, config.integer("negative"));
        assertEquals(1e-5, config.number("small"));
        assertEquals(7.0, config.number("whole"));
        assertTrue(config.flag("yes"));
        assertEquals("silu", config.text("word"));
        assertEquals(List.of(32, 48, 48), config.integers("axes"));
        assertEquals(List.of("a", "b"), config.texts("words", List.of()));
        assertEquals(1_000_000, config.object("inner").orElseThrow().integer("rope_theta"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"nothing", "absent"})
    void nullCountsAsAbsent(String key) throws IOException {
        Config config = config(JSON);
        assertFalse(config.has(key));
        assertEquals(3, config.integer(key, 3));
        assertEquals(4, config.positive(key, 4));
        assertEquals(0.25, config.number(key, 0.25));
        assertTrue(config.flag(key, true));
        assertEquals("x", config.text(key, "x"));
        assertEquals(List.of(1), config.integers(key, List.of(1)));
        assertTrue(config.object(key).isEmpty());
        assertFails(config, key + " is missing", c -> c.integer(key));
    }

    @Test
    void theKeysAreThoseWithAValue() throws IOException {
        assertEquals(Set.of("a"), config("{\"a\": 1, \"b\": null}").keys());
    }

    static Stream<Arguments> mistakes() {
        return Stream.of(
                mistake("half must be a whole number of at most 32 bits but is 0.5", c -> c.integer("half")),
                mistake("large must be a whole number of at most 32 bits but is 3000000000", c -> c.integer("large")),
                mistake("word must be a whole number but is \"silu\"", c -> c.integer("word", 1)),
                mistake("zero must be at least 1 but is 0", c -> c.positive("zero")),
                mistake("negative must be at least 1 but is -1", c -> c.positive("negative", 1)),
                mistake("yes must be a finite number but is true", c -> c.number("yes")),
                mistake("whole must be true or false but is 7", c -> c.flag("whole")),
                mistake("whole must be a string but is 7", c -> c.text("whole")),
                mistake("whole must be a list but is 7", c -> c.integers("whole")),
                mistake("mixed[1] must be a whole number but is \"2\"", c -> c.integers("mixed")),
                mistake("axes[0] must be a string but is 32", c -> c.texts("axes", List.of())),
                mistake("word must be an object but is \"silu\"", c -> c.object("word")),
                mistake(
                        "inner.rope_type is missing",
                        c -> c.object("inner").orElseThrow().text("rope_type")));
    }

    @ParameterizedTest
    @MethodSource("mistakes")
    void aMistakeNamesFileKeyExpectedAndActual(String message, Consumer<Config> read) throws IOException {
        assertFails(config(JSON), message, read);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{", "[1]", "{\"a\": NaN}", "{} {}", "{\"a\": 1, \"a\": 2}"})
    void aFileThatIsNoJsonObjectIsRefused(String json) {
        PipelineException failure = assertThrows(PipelineException.class, () -> config(json));
        assertEquals(ErrorCode.CHECKPOINT_INVALID, failure.code());
        assertTrue(message(failure).startsWith(folder.resolve("config.json") + ": "), message(failure));
    }

    @Test
    void aMissingFileIsNamed() {
        Path file = folder.resolve("config.json");
        assertEquals(
                file + ": is missing",
                assertThrows(PipelineException.class, () -> Config.open(file)).getMessage());
    }

    private static Arguments mistake(String message, Consumer<Config> read) {
        return Arguments.of(message, read);
    }

    private static void assertFails(Config config, String message, Consumer<Config> read) {
        PipelineException failure = assertThrows(PipelineException.class, () -> read.accept(config));
        assertEquals(ErrorCode.CHECKPOINT_INVALID, failure.code());
        assertTrue(message(failure).endsWith("config.json: " + message), message(failure));
    }

    private Config config(String json) throws IOException {
        return Config.open(Files.writeString(folder.resolve("config.json"), json));
    }
}
