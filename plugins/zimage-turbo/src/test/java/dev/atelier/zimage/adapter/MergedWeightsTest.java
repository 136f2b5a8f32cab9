package dev.atelier.zimage.adapter;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.plugin.Cancellation;
import dev.atelier.zimage.AdapterFiles;
import dev.atelier.zimage.Golden;
import dev.atelier.zimage.checkpoint.Checkpoint;
import dev.atelier.zimage.checkpoint.DType;
import dev.atelier.zimage.checkpoint.Safetensors;
import dev.atelier.zimage.checkpoint.TensorEntry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Merged weights against those that PyTorch 2.13 computed: random bfloat16 weights W, {@code W.float() + m * s * (B @
 * A)} for two adapters (m 0.7, s 1; m -1.5, s 6/3, with a bias difference), converted by {@code .to(dtype)}.
 */
class MergedWeightsTest {
    private static final Path RECORDED = Golden.ROOT.resolve("../golden-synthetic/merge");
    private static final List<Target> TARGETS = List.of(
            new Target("layers.0.attention.to_q", 48, 40, false), new Target("all_x_embedder.2-1", 24, 40, true));

    @TempDir
    private Path folder;

    @Test
    void roundsTheSumInBfloat16AsTorchDoes() throws IOException {
        compare(true, Safetensors.open(RECORDED.resolve("bfloat16.safetensors")));
    }

    @Test
    void keepsTheSumInFloat32() throws IOException {
        compare(false, Safetensors.open(RECORDED.resolve("float32.safetensors")));
    }

    private void compare(boolean bfloat16, Safetensors expected) throws IOException {
        Checkpoint base = Checkpoint.open(RECORDED.resolve("base"));
        AdapterReader reader = new AdapterReader(
                AdapterModel.ofKnownSize("model", 0, TARGETS, Spellings.NONE), new CheckpointWeights(base, bfloat16));
        AdapterStack stack = new AdapterStack(List.of(
                new AdapterStack.Entry(
                        "test",
                        SmallModel.read(reader, AdapterFiles.of("one", RECORDED.resolve("one.safetensors"), 1)),
                        0.7),
                new AdapterStack.Entry(
                        "test",
                        SmallModel.read(reader, AdapterFiles.of("two", RECORDED.resolve("two.safetensors"), 1)),
                        -1.5)));
        MergedWeights merged = new MergedWeights(base, TARGETS, stack, bfloat16);
        Path file = folder.resolve("merged.safetensors");
        merged.write(file, Cancellation.NEVER);
        Safetensors written = Safetensors.open(file);
        assertTrue(Files.size(file) > merged.bytes());
        assertEquals(expected.tensors().keySet(), written.tensors().keySet());
        for (String name : expected.tensors().keySet()) {
            compare(expected, written, name);
        }
        assertEquals(DType.F16, written.tensor("untouched").dtype());
    }

    private static void compare(Safetensors expected, Safetensors written, String name) {
        TensorEntry wanted = expected.tensor(name);
        TensorEntry found = written.tensor(name);
        assertEquals(wanted.dtype(), found.dtype(), name);
        assertEquals(wanted.shape(), found.shape(), name);
        float[] values = expected.readFloats(wanted);
        float[] own = written.readFloats(found);
        if (wanted.dtype() != DType.F32) {
            assertEquals(Arrays.toString(values), Arrays.toString(own), name);
            return;
        }
        for (int i = 0; i < values.length; i++) {
            assertEquals(values[i], own[i], 4 * Math.ulp(4f), name); // the sums' order differs
        }
    }
}
