package dev.atelier.zimage.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.atelier.zimage.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class GoldenReadingTest {
    @Test
    void everyRealFileReadsToItsLastByte() throws IOException {
        for (Path file : safetensors()) {
            Safetensors opened = Safetensors.open(file);
            TensorEntry last =
                    opened.tensors().values().stream().reduce((a, b) -> b).orElseThrow();
            assertEquals(Files.size(file), last.offset() + last.length(), file.toString());
            try (TensorReader reader = opened.reader()) {
                for (TensorEntry tensor : opened.tensors().values()) {
                    int read = tensor.dtype() == DType.I64 ? reader.longs(tensor).length : reader.floats(tensor).length;
                    assertEquals(tensor.elements(), read, tensor.name());
                }
            }
        }
    }

    @Test
    void theRecordedSigmasAreThoseOfTheExpectedAnswer() {
        Golden.Image image = new Golden.Case("base-stages").images().get(0);
        assertArrayEquals(new float[] {1f, 0.9f, 0.75f, 0.5f, 0f}, image.floats("sigmas"));
        assertArrayEquals(new long[] {1, 16, 16, 16}, new long[] {1, image.longs("token_ids").length, 16, 16});
    }

    @Test
    void theDemoCheckpointOpensByComponent() {
        Checkpoint vae = Checkpoint.open(Golden.DEMO.resolve("vae"));
        assertEquals("vae", vae.component());
        assertEquals(
                List.of(64L, 16L, 3L, 3L),
                vae.expectShape("decoder.conv_in.weight", 64, 16, 3, 3).shape());
        Config config = Config.open(Golden.DEMO.resolve("vae/config.json"));
        assertEquals(List.of(16, 32, 48, 64, 64), config.integers("block_out_channels"));
        assertEquals(0.9519, config.number("scaling_factor"));
    }

    private static List<Path> safetensors() throws IOException {
        try (Stream<Path> demo = Files.walk(Golden.DEMO);
                Stream<Path> golden = Files.walk(Golden.ROOT)) {
            return Stream.concat(demo, golden)
                    .filter(file -> file.toString().endsWith(".safetensors"))
                    .toList();
        }
    }
}
