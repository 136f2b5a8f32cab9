package dev.atelier.zimage.checkpoint;

import static dev.atelier.zimage.Failures.message;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Files damaged in seeded ways: cut, flipped, with other numbers and types in the header. Each opens and reads to its
 * end, or is refused in one clear sentence; neither takes more memory than the file's own size explains.
 */
class MutatedFileTest {
    private static final int COUNT = Integer.getInteger("atelier.test.mutations", 300);
    private static final long ALLOWANCE = 4_000_000;

    @TempDir
    private Path folder;

    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    @Test
    void everyDamageIsRefusedClearlyOrHarmless() throws IOException {
        int refused = 0;
        for (int seed = 0; seed < COUNT; seed++) {
            byte[] content = new FileMutation(new Random(seed)).apply(healthy());
            Path file = Files.write(folder.resolve("mutated.safetensors"), content);
            refused += opens(seed, file) ? 0 : 1;
        }
        // Most damage lands in the header; a corpus that is never refused would test nothing.
        assertTrue(refused > COUNT / 2, refused + " of " + COUNT + " refused");
    }

    private boolean opens(int seed, Path file) throws IOException {
        long before = threads.getCurrentThreadAllocatedBytes();
        try {
            Safetensors opened = Safetensors.open(file, ErrorCode.LORA_INVALID);
            try (TensorReader reader = opened.reader()) {
                opened.tensors().values().stream()
                        .filter(tensor -> tensor.dtype().isFloat())
                        .forEach(tensor -> assertEquals(tensor.elements(), reader.floats(tensor).length));
            }
            return true;
        } catch (PipelineException e) {
            assertEquals(ErrorCode.LORA_INVALID, e.code(), "seed " + seed);
            assertTrue(message(e).startsWith(file + ": "), "seed " + seed + ": " + message(e));
            return false;
        } finally {
            long taken = threads.getCurrentThreadAllocatedBytes() - before;
            assertTrue(taken < ALLOWANCE + 20 * Files.size(file), "seed " + seed + " took " + taken + " bytes");
        }
    }

    private static byte[] healthy() {
        return new SafetensorsWriter()
                .metadata("format", "pt")
                .floats("layers.0.weight", new float[] {1, 2, 3, 4, 5, 6}, 2, 3)
                .floats("layers.1.weight", DType.BF16, new float[] {1, 2, 3, 4}, 4)
                .floats("layers.2.weight", DType.F16, new float[] {1, 2, 3, 4}, 2, 2)
                .floats("layers.3.weight", DType.F64, new float[] {1}, 1)
                .bytes("ids", "I64", new byte[16], 2)
                .toBytes();
    }
}
