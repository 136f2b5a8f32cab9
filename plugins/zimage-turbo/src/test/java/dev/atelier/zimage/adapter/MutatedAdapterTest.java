package dev.atelier.zimage.adapter;

import static dev.atelier.zimage.Failures.message;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.plugin.AdapterFile;
import dev.atelier.plugin.AdapterInspection.Problem;
import dev.atelier.plugin.AdapterSource;
import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import dev.atelier.zimage.AdapterFiles;
import dev.atelier.zimage.checkpoint.DType;
import dev.atelier.zimage.checkpoint.FileMutation;
import dev.atelier.zimage.checkpoint.SafetensorsWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Adapter files of every form, damaged in seeded ways: each is stacked or refused in one clear sentence. */
class MutatedAdapterTest {
    private static final int COUNT = Integer.getInteger("atelier.test.mutations", 300);
    private static final List<Target> TARGETS = List.of(
            new Target("layers.0.attention.to_q", 4, 4, false),
            new Target("layers.0.attention.to_k", 4, 4, false),
            new Target("layers.0.attention.to_v", 4, 4, false),
            new Target("layers.0.w1", 6, 4, true));
    private static final List<Target> VECTORS = List.of(Target.norm("layers.0.norm", 4), Target.token("pad", 4));
    private static final TargetGroup GROUP = new TargetGroup("block", TARGETS, VECTORS);
    private static final AdapterModel MODEL = AdapterModel.ofKnownSize(
            "model", 4, Stream.concat(TARGETS.stream(), VECTORS.stream()).toList(), SmallModel.SPELLINGS);
    private static final AdapterModel ANY_SIZE = AdapterModel.ofAnySize(
            "model",
            4,
            Stream.concat(TARGETS.stream(), VECTORS.stream()).toList(),
            SmallModel.SPELLINGS,
            Map.of(5, "another"));

    /** What only the weights themselves show. */
    private static final List<String> OF_WEIGHTS = List.of("must be finite", "must have a length that", "bytes but");

    @TempDir
    private Path folder;

    @Test
    void everyDamageIsRefusedClearlyOrHarmless() throws IOException {
        AdapterReader reader = new AdapterReader(MODEL, SmallModel::ones);
        List<byte[]> healthy = List.of(lora(), kohyaDora(), lokr(), fused(), whole(), loha(), norms(), fp8());
        int refused = 0;
        for (int seed = 0; seed < COUNT; seed++) {
            byte[] content = new FileMutation(new Random(seed)).apply(healthy.get(seed % healthy.size()));
            Path file = Files.write(folder.resolve("mutated.safetensors"), content);
            refused += reads(reader, seed, file) ? 0 : 1;
            inspects(seed, file);
        }
        assertTrue(refused > COUNT / 3, refused + " of " + COUNT + " refused");
    }

    @Test
    void theHealthyFilesAreRead() throws IOException {
        AdapterReader reader = new AdapterReader(MODEL, SmallModel::ones);
        int seed = 0;
        for (byte[] healthy : List.of(lora(), kohyaDora(), lokr(), fused(), whole())) {
            assertTrue(reads(reader, seed++, Files.write(folder.resolve("healthy.safetensors"), healthy)));
        }
    }

    private static boolean reads(AdapterReader reader, int seed, Path file) {
        AdapterFile recorded = AdapterFiles.of("my_lora", file, 1);
        Optional<Problem> inspected = problem(recorded.source());
        try {
            Adapter adapter = SmallModel.read(reader, recorded);
            AdapterStack stack = new AdapterStack(List.of(new AdapterStack.Entry("my_lora", adapter, 2)));
            stack.tensors(GROUP);
            stack.gain(GROUP);
            stack.vectors(GROUP);
            TARGETS.forEach(stack::further);
            assertEquals(Optional.empty(), inspected, "seed " + seed);
            return true;
        } catch (PipelineException e) {
            assertTrue(
                    EnumSet.of(ErrorCode.LORA_INVALID, ErrorCode.LORA_NOT_APPLIED)
                            .contains(e.code()),
                    "seed " + seed + ": " + e.code());
            assertTrue(message(e).startsWith("my_lora: "), "seed " + seed + ": " + message(e));
            if (OF_WEIGHTS.stream().noneMatch(message(e)::contains)) {
                assertEquals(Optional.of(new Problem(e.code(), message(e))), inspected, "seed " + seed);
            }
            return false;
        }
    }

    private static void inspects(int seed, Path file) {
        try {
            AdapterReader.inspect(new AdapterSource("my_lora", file, null), ANY_SIZE);
        } catch (PipelineException e) {
            assertTrue(e.code() == ErrorCode.LORA_INVALID, "seed " + seed + ": " + e.code());
        }
    }

    /** Returns why an inspection says that a job would fail; empty when it says that it would not. */
    private static Optional<Problem> problem(AdapterSource source) {
        try {
            return Optional.ofNullable(AdapterReader.inspect(source, MODEL).problem());
        } catch (PipelineException e) {
            return Optional.of(new Problem(e.code(), e.getMessage()));
        }
    }

    private static byte[] lora() {
        return new SafetensorsWriter()
                .metadata("format", "pt")
                .floats("diffusion_model.layers.0.attention.to_q.lora_A.weight", new float[8], 2, 4)
                .floats("diffusion_model.layers.0.attention.to_q.lora_B.weight", new float[8], 4, 2)
                .floats("diffusion_model.layers.0.attention.to_q.alpha", new float[] {4})
                .floats("diffusion_model.layers.0.w1.lora_A.weight", DType.BF16, new float[4], 1, 4)
                .floats("diffusion_model.layers.0.w1.lora_B.weight", DType.BF16, new float[6], 6, 1)
                .floats("text_encoder.extra", new float[3], 3)
                .toBytes();
    }

    private static byte[] kohyaDora() {
        return new SafetensorsWriter()
                .metadata("lora_adapter_metadata", "{\"transformer.lora_alpha\": 2, \"transformer.r\": 1}")
                .floats("lora_unet_layers_0_attention_to_k.lora_down.weight", DType.F16, new float[4], 1, 4)
                .floats("lora_unet_layers_0_attention_to_k.lora_up.weight", DType.F16, new float[4], 4, 1)
                .floats("lora_unet_layers_0_attention_to_k.dora_scale", new float[] {1, 1, 1, 1}, 4, 1)
                .floats("lora_unet_layers_0_w1.lora_down.weight", new float[4], 1, 4)
                .floats("lora_unet_layers_0_w1.lora_up.weight", new float[6], 6, 1)
                .floats("lora_unet_layers_0_w1.dora_scale", new float[] {1, 1, 1, 1}, 1, 4)
                .toBytes();
    }

    private static byte[] lokr() {
        return new SafetensorsWriter()
                .floats("lycoris_layers_0_w1.lokr_w1", new float[4], 2, 2)
                .floats("lycoris_layers_0_w1.lokr_w2_a", new float[3], 3, 1)
                .floats("lycoris_layers_0_w1.lokr_w2_b", new float[2], 1, 2)
                .floats("lycoris_layers_0_w1.alpha", new float[] {1})
                .floats("layers.0.attention.to_v.lokr_w1", new float[4], 2, 2)
                .floats("layers.0.attention.to_v.lokr_w2", new float[4], 2, 2)
                .bytes("layers.0.attention.to_v.alpha", "I64", new byte[8])
                .toBytes();
    }

    private static byte[] fused() {
        return new SafetensorsWriter()
                .floats("diffusion_model.layers.0.attention.qkv.lora.down.weight", new float[8], 2, 4)
                .floats("diffusion_model.layers.0.attention.qkv.lora.up.weight", new float[24], 12, 2)
                .floats("diffusion_model.layers.0.attention.qkv.alpha", new float[] {1})
                .toBytes();
    }

    private static byte[] loha() {
        return new SafetensorsWriter()
                .floats("lycoris_layers_0_w1.hada_w1_a", new float[6], 6, 1)
                .floats("lycoris_layers_0_w1.hada_w1_b", new float[4], 1, 4)
                .floats("lycoris_layers_0_w1.hada_w2_a", new float[12], 6, 2)
                .floats("lycoris_layers_0_w1.hada_w2_b", new float[8], 2, 4)
                .floats("lycoris_layers_0_w1.alpha", new float[] {1})
                .toBytes();
    }

    private static byte[] norms() {
        return new SafetensorsWriter()
                .floats("diffusion_model.layers.0.norm.diff", DType.F16, new float[4], 4)
                .floats("lycoris_pad.w_norm", new float[4], 1, 4)
                .toBytes();
    }

    private static byte[] fp8() {
        return new SafetensorsWriter()
                .bytes("lora_unet__layers_0_attention_to_q.lora_down.weight", "F8_E4M3", new byte[8], 2, 4)
                .bytes("lora_unet__layers_0_attention_to_q.lora_up.weight", "F8_E5M2", new byte[8], 4, 2)
                .bytes("lora_unet__layers_0_attention_to_q.alpha", "F8_E4M3", new byte[] {0x38})
                .toBytes();
    }

    private static byte[] whole() {
        return new SafetensorsWriter()
                .floats("diffusion_model.layers.0.w1.diff", new float[24], 6, 4)
                .floats("diffusion_model.layers.0.w1.diff_b", new float[6], 6)
                .floats("transformer.layers.0.attention.to_q.lora_A.weight", new float[16], 4, 4)
                .toBytes();
    }
}
