package dev.atelier.zimage.checkpoint;

import static dev.atelier.zimage.Failures.message;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TensorReaderTest {
    @TempDir
    private Path folder;

    @ParameterizedTest
    @EnumSource(names = {"F16", "BF16", "F32", "F64"})
    void aTensorOfManyChunksIsReadInOrder(DType dtype) {
        // Whole numbers up to 127 are exact in all of them.
        float[] values = new float[500_003];
        for (int i = 0; i < values.length; i++) {
            values[i] = i % 255 - 127;
        }
        Safetensors file = Safetensors.open(new SafetensorsWriter()
                .bytes("odd", "U8", new byte[3], 3)
                .floats("a", dtype, values, values.length)
                .write(folder.resolve("a")));
        assertArrayEquals(values, file.readFloats(file.tensor("a")));
    }

    @Test
    void doublesAreRoundedToNearest() {
        byte[] bytes = ByteBuffer.allocate(16)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putDouble(1 + 0x1p-24 + 0x1p-40)
                .putDouble(1e300)
                .array();
        Safetensors file = Safetensors.open(
                new SafetensorsWriter().bytes("a", "F64", bytes, 2).write(folder.resolve("a")));
        assertArrayEquals(new float[] {1 + 0x1p-23f, Float.POSITIVE_INFINITY}, file.readFloats(file.tensor("a")));
    }

    @Test
    void longsAreRead() {
        byte[] bytes = ByteBuffer.allocate(16)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(Long.MIN_VALUE)
                .putLong(42)
                .array();
        Safetensors file = Safetensors.open(
                new SafetensorsWriter().bytes("a", "I64", bytes, 2).write(folder.resolve("a")));
        assertArrayEquals(new long[] {Long.MIN_VALUE, 42}, file.readLongs(file.tensor("a")));
    }

    @Test
    void anotherTypeIsRefusedByName() {
        Path path = new SafetensorsWriter().bytes("a", "I64", new byte[8], 1).write(folder.resolve("a"));
        Safetensors file = Safetensors.open(path);
        TensorEntry tensor = file.tensor("a");
        PipelineException failure = assertThrows(PipelineException.class, () -> file.readFloats(tensor));
        assertEquals(
                path + ": tensor 'a' must be F16, BF16, F32, F64, F8_E4M3 or F8_E5M2 but is I64", message(failure));
    }

    @Test
    void aFileCutSinceItWasOpenedIsRefused() throws IOException {
        Path path = new SafetensorsWriter().floats("a", new float[1000], 1000).write(folder.resolve("a"));
        Safetensors file = Safetensors.open(path, ErrorCode.LORA_INVALID);
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
            channel.truncate(channel.size() - 1);
        }
        TensorEntry tensor = file.tensor("a");
        PipelineException failure = assertThrows(PipelineException.class, () -> file.readFloats(tensor));
        assertEquals(ErrorCode.LORA_INVALID, failure.code());
        assertTrue(message(failure).startsWith(path + ": tensor 'a' ends early"), message(failure));
        Files.delete(path);
        assertThrows(PipelineException.class, file::reader);
    }

    @Test
    void aTensorOfAnotherFileIsTheCallersMistake() {
        Safetensors one = Safetensors.open(
                new SafetensorsWriter().floats("a", new float[1], 1).write(folder.resolve("one")));
        Safetensors other = Safetensors.open(
                new SafetensorsWriter().floats("a", new float[1], 1).write(folder.resolve("other")));
        TensorEntry tensor = other.tensor("a");
        assertThrows(IllegalArgumentException.class, () -> one.readFloats(tensor));
    }
}
