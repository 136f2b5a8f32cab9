package dev.atelier.zimage.checkpoint;

import static dev.atelier.zimage.Failures.message;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SafetensorsTest {
    @TempDir
    private Path folder;

    @Test
    void tensorsLieWhereTheHeaderSays() {
        Path file = new SafetensorsWriter()
                .metadata("format", "pt")
                .floats("matrix", new float[] {1, 2, 3, 4, 5, 6}, 2, 3)
                .floats("scalar", new float[] {7})
                .floats("nothing", new float[0], 3, 0)
                .bytes("bytes", "U8", new byte[] {1, 2, 3}, 3)
                .write(folder.resolve("a.safetensors"));
        Safetensors opened = Safetensors.open(file);
        assertEquals(Map.of("format", "pt"), opened.metadata());
        long data = headerLength(file) + 8;
        assertEquals(new TensorEntry("matrix", DType.F32, List.of(2L, 3L), file, data, 24), opened.tensor("matrix"));
        assertEquals(new TensorEntry("scalar", DType.F32, List.of(), file, data + 24, 4), opened.tensor("scalar"));
        assertEquals(new TensorEntry("bytes", DType.U8, List.of(3L), file, data + 28, 3), opened.tensor("bytes"));
        assertArrayEquals(new float[] {7}, read(opened, "scalar"));
        assertArrayEquals(new float[0], read(opened, "nothing"));
        assertArrayEquals(new float[] {1, 2, 3, 4, 5, 6}, read(opened, "matrix"));
    }

    @Test
    void tensorsAreListedInTheOrderOfTheirDataWhateverTheHeadersOrder() throws IOException {
        Path file = write("""
                {"b": {"dtype": "U8", "shape": [1], "data_offsets": [1, 2]},
                 "a": {"dtype": "U8", "shape": [1], "data_offsets": [0, 1]}}""", 2);
        assertEquals(
                List.of("a", "b"), List.copyOf(Safetensors.open(file).tensors().keySet()));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "{\"__metadata__\": {}}",
                "{}          ",
                "{\"a\": {\"dtype\": \"F4\", \"shape\": [2, 0], \"data_offsets\": [0, 0]}}",
                "{\"a\": {\"dtype\": \"F32\", \"shape\": [0, 9223372036854775807], \"data_offsets\": [0, 0]}}",
                "{\"a\": {\"data_offsets\": [0, 0], \"extra\": {\"x\": [1]}, \"shape\": [0], \"dtype\": \"I64\"}}"
            })
    void aFileWithoutDataIsLegal(String header) throws IOException {
        Safetensors opened = Safetensors.open(write(header, 0));
        opened.tensors().values().forEach(tensor -> assertEquals(0, tensor.length()));
    }

    @Test
    void packedTypesFillWholeBytes() throws IOException {
        Path file = write("{\"a\": {\"dtype\": \"F4\", \"shape\": [3, 2], \"data_offsets\": [0, 3]}}", 3);
        assertEquals(3, Safetensors.open(file).tensor("a").length());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "0|` {}`|the header must begin with { but begins with ' '",
                "0|[]|the header must begin with { but begins with '['",
                "0|{|the header is no valid JSON (line 1, column 2)",
                "0|{}x|the header is no valid JSON (line 1, column 3)",
                "0|{} {}|the header must be one JSON object but more follows it",
                "0|{\"a\": 1}|tensor 'a' must be an object but is or holds a whole number",
                "0|{\"a\": null}|tensor 'a' must be an object but is or holds null",
                "0|{\"__metadata__\": []}|__metadata__ must be an object",
                "0|{\"__metadata__\": {\"a\": 1}}|__metadata__ 'a' must be a string",
                "0|{\"a\": {}}|tensor 'a': dtype is missing",
                "0|{\"a\": {\"dtype\": \"F32\", \"data_offsets\": [0, 0]}}|tensor 'a': shape is missing",
                "0|{\"a\": {\"dtype\": \"F32\", \"shape\": [0]}}|tensor 'a': data_offsets is missing",
                "0|{\"a\": {\"dtype\": \"F17\", \"shape\": [], \"data_offsets\": [0, 0]}}|tensor 'a': dtype 'F17' is none",
                "0|{\"a\": {\"dtype\": 4, \"shape\": [], \"data_offsets\": [0, 0]}}|tensor 'a': dtype must be a string",
                "0|{\"a\": {\"dtype\": \"F32\", \"shape\": 3, \"data_offsets\": [0, 0]}}|tensor 'a': shape must be a list",
                "4|{\"a\": {\"dtype\": \"F32\", \"shape\": [1.0], \"data_offsets\": [0, 4]}}|a list of whole numbers",
                "4|{\"a\": {\"dtype\": \"F32\", \"shape\": [\"1\"], \"data_offsets\": [0, 4]}}|a list of whole numbers",
                "4|{\"a\": {\"dtype\": \"F32\", \"shape\": [-1], \"data_offsets\": [0, 4]}}|must not be negative but holds -1",
                "4|{\"a\": {\"dtype\": \"F32\", \"shape\": [18446744073709551617], \"data_offsets\": [0, 4]}}|below 2^63",
                "4|{\"a\": {\"dtype\": \"F32\", \"shape\": [1], \"data_offsets\": [0]}}|must be two numbers but are 1",
                "4|{\"a\": {\"dtype\": \"F32\", \"shape\": [1], \"data_offsets\": [0, 4, 8]}}|must be two numbers but are 3",
                "4|{\"a\": {\"dtype\": \"F32\", \"shape\": [1], \"data_offsets\": [4, 0]}}|data_offsets [4, 0] must lie in order",
                "4|{\"a\": {\"dtype\": \"F32\", \"shape\": [1], \"data_offsets\": [0, 8]}}|must span the 4 bytes of F32 [1] but span 8",
                "4|{\"a\": {\"dtype\": \"F32\", \"shape\": [2], \"data_offsets\": [0, 8]}}|is incomplete: 73 of 77 bytes",
                "4|{\"a\": {\"dtype\": \"F32\", \"shape\": [1], \"data_offsets\": [9223372036854775804, 9223372036854775807]}}|within the 4 bytes",
                "4|{\"a\": {\"dtype\": \"F32\", \"shape\": [2], \"data_offsets\": [0, 4]}}|must span the 8 bytes of F32 [2] but span 4",
                "4|{\"a\": {\"dtype\": \"F16\", \"shape\": [], \"data_offsets\": [0, 4]}}|must span the 2 bytes of F16 [] but span 4",
                "4|{\"a\": {\"dtype\": \"F4\", \"shape\": [7], \"data_offsets\": [0, 4]}}|must fill whole bytes but has 28 bits",
                "4|{\"a\": {\"dtype\": \"F32\", \"shape\": [4294967296, 4294967296], \"data_offsets\": [0, 4]}}|more elements than can be counted",
                "4|{\"a\": {\"dtype\": \"F64\", \"shape\": [2305843009213693952], \"data_offsets\": [0, 4]}}|more elements than can be counted",
                "5|{\"a\": {\"dtype\": \"F32\", \"shape\": [1], \"data_offsets\": [0, 4]}}|must cover the 5 bytes of data but end at 4",
                "5|{\"a\": {\"dtype\": \"F32\", \"shape\": [1], \"data_offsets\": [1, 5]}}|leave a hole after",
                "5|{}|must cover the 5 bytes of data but end at 0",
                "6|{\"a\": {\"dtype\": \"F32\", \"shape\": [1], \"data_offsets\": [0, 4]}, \"b\": {\"dtype\": \"F32\", \"shape\": [1], \"data_offsets\": [2, 6]}}|tensor 'b': data_offsets [2, 6] overlap",
                "4|{\"a\": {\"dtype\": \"F32\", \"shape\": [1], \"data_offsets\": [0, 4]}, \"a\": {\"dtype\": \"F32\", \"shape\": [1], \"data_offsets\": [0, 4]}}|has field 'a' twice",
                "4|{\"a\": {\"dtype\": \"F32\", \"dtype\": \"F32\", \"shape\": [1], \"data_offsets\": [0, 4]}}|has field 'dtype' twice"
            })
    void aHeaderThatLiesIsRefusedByName(int dataLength, String header, String expected) throws IOException {
        assertRefused(write(header, dataLength), expected);
    }

    @Test
    void aShapeWithoutEndIsRefused() throws IOException {
        String ones = "1,".repeat(99) + "1";
        assertRefused(
                write("{\"a\": {\"dtype\": \"U8\", \"shape\": [" + ones + "], \"data_offsets\": [0, 1]}}", 1),
                "tensor 'a': shape must hold at most 64 numbers");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "''|is empty",
                "00000000000000|is incomplete: 7 of at least 10 bytes",
                "0000000000000000|the header is empty",
                "01000000000000007b|the header is no valid JSON",
                "0a000000000000007b7d|is incomplete: 10 of at least 18 bytes, so that its header is cut",
                "00e1f5050000000000|is incomplete: 9 of at least 100000008 bytes",
                "01e1f5050000000000|the header length must be at most 100000000 bytes but is 100000001",
                "ffffffffffffffff7b7d|the header length must be at most 100000000 bytes but is 18446744073709551615",
                "000000000000008000|the header length must be at most 100000000 bytes but is 9223372036854775808",
                "06000000000000007b22ff223a31|the header is not valid UTF-8"
            })
    void aFileThatBeginsWrongIsRefused(String content, String expected) throws IOException {
        assertRefused(Files.write(folder.resolve("a"), HexFormat.of().parseHex(content)), expected);
    }

    @Test
    void everyCutOfAFileIsRefused() throws IOException {
        byte[] whole = new SafetensorsWriter()
                .floats("a", new float[] {1, 2}, 2)
                .floats("b", new float[] {3}, 1)
                .toBytes();
        for (int length = 0; length < whole.length; length++) {
            Path file = Files.write(folder.resolve("cut"), Arrays.copyOf(whole, length));
            assertRefused(file, "");
        }
    }

    @Test
    void aFolderOrNothingIsRefused() {
        assertRefused(folder, "is no regular file");
        assertRefused(folder.resolve("missing"), "cannot be read: NoSuchFileException");
    }

    @Test
    void failuresCarryTheNameAndCodeOfTheCaller() throws IOException {
        Path file = write("[]", 0);
        PipelineException failure =
                assertThrows(PipelineException.class, () -> Safetensors.open(file, "my_lora", ErrorCode.LORA_INVALID));
        assertEquals(ErrorCode.LORA_INVALID, failure.code());
        assertEquals("my_lora: the header must begin with { but begins with '['", message(failure));
    }

    @Test
    void aNameOfAnyLengthLeavesTheMessageReadable() throws IOException {
        PipelineException failure = assertThrows(
                PipelineException.class, () -> Safetensors.open(write("{\"" + "n".repeat(40_000) + "\": 1}", 0)));
        assertTrue(message(failure).length() < 1000);
    }

    private static float[] read(Safetensors file, String name) {
        return file.readFloats(file.tensor(name));
    }

    private void assertRefused(Path file, String expected) {
        PipelineException failure = assertThrows(PipelineException.class, () -> Safetensors.open(file));
        assertEquals(ErrorCode.CHECKPOINT_INVALID, failure.code());
        assertTrue(message(failure).startsWith(file + ": "), message(failure));
        assertTrue(message(failure).contains(expected), message(failure));
    }

    private Path write(String header, int dataLength) throws IOException {
        return Files.write(folder.resolve("a.safetensors"), SafetensorsWriter.toBytes(header, new byte[dataLength]));
    }

    private static long headerLength(Path file) {
        try {
            byte[] bytes = Files.readAllBytes(file);
            long length = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong();
            assertEquals('{', new String(bytes, 8, 1, StandardCharsets.UTF_8).charAt(0));
            return length;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
