package dev.atelier.zimage.adapter;

import static dev.atelier.zimage.Failures.message;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import dev.atelier.zimage.AdapterFiles;
import dev.atelier.zimage.checkpoint.FileMutation;
import dev.atelier.zimage.checkpoint.SafetensorsWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Adapter files damaged in seeded ways: each is stacked or refused in one clear sentence. */
class MutatedAdapterTest {
    private static final int COUNT = Integer.getInteger("atelier.test.mutations", 300);
    private static final TargetGroup GROUP = new TargetGroup(
            "block", List.of(new Target("layers.0.to_q", 4, 3, false), new Target("layers.0.w1", 5, 2, true)));

    @TempDir
    private Path folder;

    @Test
    void everyDamageIsRefusedClearlyOrHarmless() throws IOException {
        AdapterReader reader = new AdapterReader(GROUP.targets(), SmallModel.SPELLINGS, SmallModel::ones);
        int refused = 0;
        for (int seed = 0; seed < COUNT; seed++) {
            byte[] content = new FileMutation(new Random(seed)).apply(healthy());
            Path file = Files.write(folder.resolve("mutated.safetensors"), content);
            try {
                Adapter adapter = reader.read(AdapterFiles.of("my_lora", file, 1));
                new AdapterStack(List.of(new AdapterStack.Entry(adapter, 2))).tensors(GROUP);
            } catch (PipelineException e) {
                refused++;
                assertTrue(
                        EnumSet.of(ErrorCode.LORA_INVALID, ErrorCode.LORA_NOT_APPLIED)
                                .contains(e.code()),
                        "seed " + seed + ": " + e.code());
                assertTrue(message(e).startsWith("my_lora: "), "seed " + seed + ": " + message(e));
            }
        }
        assertTrue(refused > COUNT / 2, refused + " of " + COUNT + " refused");
    }

    private static byte[] healthy() {
        return new SafetensorsWriter()
                .metadata("format", "pt")
                .floats("diffusion_model.layers.0.to_q.lora_A.weight", new float[6], 2, 3)
                .floats("diffusion_model.layers.0.to_q.lora_B.weight", new float[8], 4, 2)
                .floats("diffusion_model.layers.0.to_q.alpha", new float[] {4})
                .floats("diffusion_model.layers.0.w1.lora_A.weight", new float[2], 1, 2)
                .floats("diffusion_model.layers.0.w1.lora_B.weight", new float[5], 5, 1)
                .floats("text_encoder.extra", new float[3], 3)
                .toBytes();
    }
}
