package dev.atelier.zimage.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Headers made to cost much. */
class HostileHeaderTest {
    private static final int LARGEST = 100_000_000;
    private static final double MOST_CPU_SECONDS = 5;
    private static final String EMPTY = "{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}";

    @TempDir
    private Path folder;

    /** Writes a header of the largest allowed size: a beginning, members until it is full, and spaces. */
    private Path largest(String beginning, IntFunction<String> member) throws IOException {
        Path file = folder.resolve("hostile.safetensors");
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file), 1 << 20)) {
            out.write(ByteBuffer.allocate(8)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putLong(LARGEST)
                    .array());
            int left = LARGEST;
            byte[] next = beginning.getBytes(StandardCharsets.UTF_8);
            for (int i = 0; next.length <= left && next.length > 0; i++) {
                out.write(next);
                left -= next.length;
                next = member.apply(i).getBytes(StandardCharsets.UTF_8);
            }
            out.write(" ".repeat(left).getBytes(StandardCharsets.UTF_8));
        }
        return file;
    }

    private Path small(String header) throws IOException {
        return Files.write(folder.resolve("a.safetensors"), SafetensorsWriter.toBytes(header, new byte[0]));
    }

    private static void assertRejected(Path file, String expected) {
        long before = cpuNanos();
        PipelineException failure =
                assertThrows(PipelineException.class, () -> Safetensors.open(file, "a", ErrorCode.LORA_INVALID));
        double seconds = (cpuNanos() - before) / 1e9;
        assertEquals(ErrorCode.LORA_INVALID, failure.code());
        assertTrue(failure.getMessage().contains(expected), failure.getMessage());
        assertTrue(failure.getMessage().length() < 700, failure.getMessage());
        assertTrue(seconds < MOST_CPU_SECONDS, "CPU seconds: " + seconds);
    }

    private static long cpuNanos() {
        return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    }

    @Test
    void tensorsAreCountedWhileTheyAreRead() throws IOException {
        assertRejected(
                largest("{\"t\":" + EMPTY, i -> ",\"" + i + "\":" + EMPTY),
                "must hold at most 100000 tensors but holds more");
    }

    @Test
    void longNamesAndShapesOfManyTensorsCostLittle() throws IOException {
        String name = "n".repeat(SafetensorsHeader.MAX_NAME - 10);
        String shape = IntStream.range(0, 60).mapToObj(i -> "1000000").collect(Collectors.joining(","));
        assertRejected(
                largest(
                        "{\"t\":" + EMPTY,
                        i -> ",\"" + name + i + "\":{\"dtype\":\"U8\",\"shape\":[" + shape
                                + "],\"data_offsets\":[0,0]}"),
                "shapes and offsets must hold at most 1000000 numbers but hold more");
    }

    @Test
    void metadataIsCountedWhileItIsRead() throws IOException {
        String value = "v".repeat(1000);
        assertRejected(largest("{\"__metadata__\":{\"k\":\"v\"", i -> ",\"k" + i + "\":\"\""), "at most 10000 entries");
        assertRejected(largest("{\"__metadata__\":{\"k\":\"", i -> value), "exceeds the limit of string value length");
        String long100 = "v".repeat(100_000);
        assertRejected(
                largest("{\"__metadata__\":{\"k\":\"v\"", i -> ",\"k" + i + "\":\"" + long100 + "\""),
                "__metadata__ must have at most 16000000 characters");
    }

    @Test
    void unknownFieldsAreCountedAndNestedOnlySoFar() throws IOException {
        assertRejected(largest("{\"a\":{\"x\":1", i -> ",\"x" + i + "\":1"), "must have at most 16 fields");
        assertRejected(largest("{\"a\":{\"x\":[1", i -> ",1"), "more than 1000 values of unknown fields");
        assertRejected(largest("{\"a\":{\"x\":{\"y\":1", i -> ",\"y" + i + "\":1"), "more than 1000 values");
        assertRejected(largest("{\"a\":{\"x\":", i -> "["), "exceeds the limit of document nesting depth");
    }

    @Test
    void spacesCostLittle() throws IOException {
        assertRejected(largest("{", i -> ""), "the header is no valid JSON");
    }

    @Test
    void aLongNameIsCutWhereItIsRepeated() throws IOException {
        String million = "k".repeat(1 << 20);
        assertRejected(small("{\"" + million + "\":" + EMPTY + "}"), "exceeds the limit of name length");
        assertRejected(small("{\"" + "k".repeat(501) + "\":" + EMPTY + "}"), "at most 500 characters but 'kkk");
        assertRejected(small("{\"__metadata__\":{\"" + "k".repeat(1001) + "\":\"\"}}"), "at most 1000 characters");
        assertRejected(
                small("{\"a\":{\"dtype\":\"" + million + "\",\"shape\":[0],\"data_offsets\":[0,0]}}"), "is none of");
        assertRejected(
                small("{\"a\":{\"dtype\":\"U8\",\"shape\":[" + "9".repeat(900) + "],\"data_offsets\":[0,0]}}"),
                "must stay below 2^63");
        assertRejected(small("{" + million), "the header is no valid JSON");
        String twice = "\"" + "k".repeat(500) + "\":" + EMPTY;
        assertRejected(small("{" + twice + "," + twice + "}"), "...' twice");
    }

    @Test
    void whatRealFilesHoldIsWithinTheLimits() throws IOException {
        String tensors = IntStream.range(0, 20_000)
                .mapToObj(i ->
                        "\"lora_te1_text_model_encoder_layers_0_self_attn_k_proj_" + i + ".lora_down.weight\":" + EMPTY)
                .collect(Collectors.joining(","));
        String tags = "t".repeat(8_000_000);
        Path file = small("{\"__metadata__\":{\"ss_tag_frequency\":\"" + tags + "\"}," + tensors + "}");

        assertEquals(20_000, Safetensors.open(file).tensors().size());
    }
}
