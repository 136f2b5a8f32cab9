package dev.atelier.zimage.text;

import static dev.atelier.zimage.Failures.message;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import dev.atelier.zimage.Golden;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ChatTokenizerTest {
    private static final Path DEMO = Golden.DEMO.resolve("tokenizer");
    private static final int MAX_TOKENS = 512;

    private static ChatTokenizer tokenizer;

    @BeforeAll
    static void open() {
        tokenizer = ChatTokenizer.open(DEMO, MAX_TOKENS);
    }

    @AfterAll
    static void close() {
        tokenizer.close();
    }

    @TestFactory
    Stream<DynamicTest> givesTheRecordedIds() {
        return StreamSupport.stream(Golden.json("tokens.json").spliterator(), false)
                .map(entry -> DynamicTest.dynamicTest(
                        "prompt " + entry.get("prompt"),
                        () -> assertArrayEquals(
                                longs(entry.get("ids")),
                                tokenizer.encode(entry.get("prompt").textValue()))));
    }

    @TestFactory
    Stream<DynamicTest> givesTheIdsOfEveryGoldenImage() {
        return Golden.images().stream()
                .map(image -> DynamicTest.dynamicTest(image.toString(), () -> {
                    assertArrayEquals(
                            image.longs("token_ids"),
                            tokenizer.encode(image.expected().get("prompt").textValue()));
                    if (image.has("negative_token_ids")) {
                        assertArrayEquals(
                                image.longs("negative_token_ids"),
                                tokenizer.encode(image.expected().get("neg").textValue()));
                    }
                }));
    }

    @Test
    void cutsAtTheBoundItWasOpenedWith() {
        try (ChatTokenizer shorter = ChatTokenizer.open(DEMO, 5)) {
            long[] whole = tokenizer.encode("a large red circle");
            long[] cut = shorter.encode("a large red circle");
            assertEquals(5, cut.length);
            for (int i = 0; i < cut.length; i++) {
                assertEquals(whole[i], cut[i]);
            }
        }
    }

    @Test
    void aCountSaysHowManyTokensAreReadAndWhetherThereWereMore() {
        int tokens = tokenizer.encode("a large red circle").length;
        assertEquals(new ChatTokenizer.Count(tokens, false), tokenizer.count("a large red circle"));
        assertEquals(new ChatTokenizer.Count(MAX_TOKENS, true), tokenizer.count("red circle ".repeat(600)));
        try (ChatTokenizer exact = ChatTokenizer.open(DEMO, tokens)) {
            assertEquals(new ChatTokenizer.Count(tokens, false), exact.count("a large red circle"));
        }
        try (ChatTokenizer shorter = ChatTokenizer.open(DEMO, tokens - 1)) {
            assertEquals(new ChatTokenizer.Count(tokens - 1, true), shorter.count("a large red circle"));
        }
    }

    @Test
    void halfASurrogatePairReadsAsTheReplacementCharacterAndSparesTheRest() {
        assertArrayEquals(tokenizer.encode("a\ufffdb\ud83c\udfa8"), tokenizer.encode("a\ud800b\ud83c\udfa8"));
        assertArrayEquals(tokenizer.encode("\ufffd"), tokenizer.encode("\udc00"));
    }

    @Test
    void aNulCharacterIsAnOrdinaryOne() {
        long[] with = tokenizer.encode("a\0b");
        assertEquals(tokenizer.encode("ab").length + 1, with.length);
    }

    @Test
    void aMegabyteOfTextIsCut() {
        assertEquals(MAX_TOKENS, tokenizer.encode("red circle ".repeat(100_000)).length);
    }

    @Test
    void threadsDoNotDisturbEachOther() throws InterruptedException, ExecutionException {
        List<String> prompts = List.of("a red circle", "日本語のプロンプト", "", "emoji 🎨", "word ".repeat(900));
        List<long[]> expected = prompts.stream().map(tokenizer::encode).toList();
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            List<Future<long[]>> results = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                String prompt = prompts.get(i % prompts.size());
                results.add(threads.submit(() -> tokenizer.encode(prompt)));
            }
            for (int i = 0; i < results.size(); i++) {
                assertArrayEquals(
                        expected.get(i % prompts.size()), results.get(i).get());
            }
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void aClosedTokenizerFailsWithoutTouchingFreedMemory() {
        ChatTokenizer closed = ChatTokenizer.open(DEMO, MAX_TOKENS);
        closed.close();
        closed.close();
        assertThrows(IllegalStateException.class, () -> closed.encode("a"));
    }

    @Test
    void aMissingFileIsNamed(@TempDir Path folder) {
        PipelineException failure = assertThrows(PipelineException.class, () -> ChatTokenizer.open(folder, MAX_TOKENS));
        assertEquals(ErrorCode.CHECKPOINT_INVALID, failure.code());
        assertEquals(folder.resolve("tokenizer.json") + ": is missing", message(failure));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{", "null", "[]", "{}", "{\"model\": {}}", "{\"model\": {\"type\": \"BPE\"}}", "\0"})
    void aBrokenFileIsNamed(String content, @TempDir Path folder) throws IOException {
        assertBroken(folder, content.getBytes(StandardCharsets.UTF_8));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 100, 1000, 10_000})
    void aCutFileIsNamed(int length, @TempDir Path folder) throws IOException {
        byte[] whole = Files.readAllBytes(DEMO.resolve("tokenizer.json"));
        assertBroken(folder, Arrays.copyOf(whole, whole.length - length));
    }

    private static void assertBroken(Path folder, byte[] content) throws IOException {
        Path file = Files.write(folder.resolve("tokenizer.json"), content);
        PipelineException failure = assertThrows(PipelineException.class, () -> ChatTokenizer.open(folder, MAX_TOKENS));
        assertEquals(ErrorCode.CHECKPOINT_INVALID, failure.code());
        assertTrue(message(failure).startsWith(file + ": is no valid tokenizer"), message(failure));
    }

    private static long[] longs(JsonNode ids) {
        return StreamSupport.stream(ids.spliterator(), false)
                .mapToLong(JsonNode::longValue)
                .toArray();
    }
}
