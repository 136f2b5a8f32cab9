package dev.atelier.zimage.adapter;

import static dev.atelier.zimage.Failures.message;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.plugin.AdapterFile;
import dev.atelier.plugin.AdapterInspection;
import dev.atelier.plugin.AdapterInspection.Problem;
import dev.atelier.plugin.ComponentFiles;
import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import dev.atelier.zimage.AdapterFiles;
import dev.atelier.zimage.Golden;
import dev.atelier.zimage.ZImagePlugin;
import dev.atelier.zimage.checkpoint.Checkpoint;
import dev.atelier.zimage.checkpoint.DType;
import dev.atelier.zimage.checkpoint.SafetensorsWriter;
import dev.atelier.zimage.model.TransformerConfig;
import dev.atelier.zimage.model.ZImageModules;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** An inspection says of an adapter what a job with it would say, word for word. */
class InspectionTest {
    private static final String Q = "diffusion_model.layers.0.attention.to_q";
    private static final Checkpoint CHECKPOINT = Checkpoint.open(Golden.DEMO.resolve("transformer"));
    private static final AdapterReader READER = new AdapterReader(
            ZImageModules.of("zimage_turbo", TransformerConfig.open(Golden.DEMO.resolve("transformer"))),
            new CheckpointWeights(CHECKPOINT, false));
    private static final ComponentFiles LOCAL = component -> Optional.of(Golden.DEMO.resolve(component));

    @TempDir
    private Path folder;

    @Test
    void anAdapterOfAnotherWidthSaysWhichModelItWasTrainedFor() {
        Problem problem = problem(lumina2(new SafetensorsWriter()), LOCAL);
        assertEquals(ErrorCode.LORA_INVALID, problem.code());
        assertTrue(
                problem.message().startsWith("test: was trained for a model of width 2304; zimage_turbo has 160"),
                problem.message());
    }

    @Test
    void withoutACheckpointAWidthThatOnlyAnotherModelHasIsNamed() {
        Problem problem = problem(lumina2(new SafetensorsWriter()), ComponentFiles.NONE);
        assertEquals(ErrorCode.LORA_INVALID, problem.code());
        assertEquals(
                "test: was trained for a model of width 2304; zimage_turbo has 3840 (2304 is Lumina-Image 2.0's)",
                problem.message());
    }

    @Test
    void withoutACheckpointAnyOtherWidthMayBeRight() {
        assertNull(inspect(pair(new SafetensorsWriter(), Q, 160, 4), ComponentFiles.NONE)
                .problem());
        assertNull(inspect(pair(new SafetensorsWriter(), Q, 512, 4), ComponentFiles.NONE)
                .problem());
    }

    @ParameterizedTest
    @CsvSource({
        "rank 0, must have shape",
        "four dimensions, must have two dimensions but has",
        "alpha NaN, alpha must be finite",
        "alpha negative, alpha must be finite and not negative",
        "alpha of two numbers, alpha must be one number",
        "alpha of text, alpha must be one number",
        "halves of two ranks, must have shape",
        "a type of 4 bits, must be F16",
        "OFT beside LoRA, it holds OFT",
        "a bias that is not there, has no bias"
    })
    void whatTheHeaderShowsIsDecidedWithACheckpointAndWithoutOne(String fault, String expected) {
        for (ComponentFiles local : new ComponentFiles[] {LOCAL, ComponentFiles.NONE}) {
            Problem problem = problem(faulty(fault, new SafetensorsWriter()), local);
            assertEquals(ErrorCode.LORA_INVALID, problem.code(), fault);
            assertTrue(problem.message().contains(expected), problem.message());
        }
    }

    private static SafetensorsWriter faulty(String fault, SafetensorsWriter writer) {
        return switch (fault) {
            case "rank 0" -> pair(writer, Q, 160, 0);
            case "four dimensions" ->
                writer.floats(Q + ".lora_A.weight", new float[640], 4, 160, 1, 1)
                        .floats(Q + ".lora_B.weight", new float[640], 160, 4, 1, 1);
            case "alpha NaN" -> pair(writer, Q, 160, 4).floats(Q + ".alpha", new float[] {Float.NaN});
            case "alpha negative" -> pair(writer, Q, 160, 4).floats(Q + ".alpha", DType.BF16, new float[] {-1});
            case "alpha of two numbers" -> pair(writer, Q, 160, 4).floats(Q + ".alpha", new float[2], 2);
            case "alpha of text" -> pair(writer, Q, 160, 4).bytes(Q + ".alpha", "BOOL", new byte[1]);
            case "halves of two ranks" ->
                writer.floats(Q + ".lora_A.weight", new float[640], 4, 160)
                        .floats(Q + ".lora_B.weight", new float[480], 160, 3);
            case "a type of 4 bits" ->
                writer.bytes(Q + ".lora_A.weight", "F4", new byte[320], 4, 160)
                        .floats(Q + ".lora_B.weight", new float[640], 160, 4);
            case "OFT beside LoRA" ->
                pair(writer, Q, 160, 4).floats("diffusion_model.layers.1.attention.to_q.oft_blocks", new float[1], 1);
            case "a bias that is not there" -> pair(writer, Q, 160, 4).floats(Q + ".diff_b", new float[160], 160);
            default -> throw new IllegalArgumentException(fault);
        };
    }

    @ParameterizedTest
    @CsvSource({
        "lora_unet_double_blocks_0_img_attn_qkv.lora_down.weight, HunyuanVideo",
        "lora_unet_double_blocks_0_img_attn.proj.lora_down.weight, FLUX",
        "transformer.single_transformer_blocks.0.attn.to_q.lora_A.weight, FLUX",
        "transformer.transformer_blocks.0.img_mlp.net.0.proj.lora_A.weight, Qwen-Image",
        "diffusion_model.blocks.0.self_attn.q.lora_A.weight, Wan",
        "lora_unet_down_blocks_0_attentions_0_proj_in.lora_down.weight, Stable Diffusion",
        "lora_te2_text_model_encoder_layers_0_mlp_fc1.lora_down.weight, Stable Diffusion XL",
        "transformer.joint_blocks.0.x_block.attn.qkv.lora_A.weight, Stable Diffusion 3"
    })
    void anAdapterOfAnotherFamilyNamesIt(String key, String model) {
        Problem problem = problem(new SafetensorsWriter().floats(key, new float[4], 2, 2), LOCAL);
        assertEquals(ErrorCode.LORA_NOT_APPLIED, problem.code());
        assertTrue(problem.message().startsWith("test: was trained for " + model), problem.message());
        assertTrue(problem.message().contains(key), problem.message());
    }

    @Test
    void aWholeCheckpointIsNoAdapter() {
        Problem problem = problem(
                new SafetensorsWriter()
                        .floats("model.diffusion_model.layers.0.attention.to_q.weight", new float[1], 1, 1),
                LOCAL);
        assertTrue(
                problem.message().contains("it holds whole weights as a checkpoint has them, which cannot be applied"),
                problem.message());
    }

    @Test
    void aBlockThatTheModelDoesNotHaveCountsAsUnmatchedOnlyWhereTheCheckpointIsHere() {
        SafetensorsWriter beyond =
                pair(pair(new SafetensorsWriter(), Q, 160, 4), "diffusion_model.layers.25.attention.to_q", 160, 4);
        AdapterInspection here = inspect(beyond, LOCAL);
        assertTrue(here.applies());
        assertEquals(1, here.report().modules());
        assertEquals(2, here.report().unmatched().count());
        assertEquals(2, inspect(beyond, ComponentFiles.NONE).report().modules());
    }

    @Test
    void aCheckpointThatDoesNotOpenSaysNothingAboutAnAdapter() {
        assertNull(inspect(pair(new SafetensorsWriter(), Q, 512, 4), component -> Optional.of(folder))
                .problem());
    }

    private static SafetensorsWriter lumina2(SafetensorsWriter writer) {
        String attention = "diffusion_model.layers.0.attention.";
        return writer.floats(attention + "qkv.lora_A.weight", DType.BF16, new float[8 * 2304], 8, 2304)
                .floats(attention + "qkv.lora_B.weight", DType.BF16, new float[4608 * 8], 4608, 8)
                .floats(attention + "out.lora_A.weight", DType.BF16, new float[8 * 2304], 8, 2304)
                .floats(attention + "out.lora_B.weight", DType.BF16, new float[2304 * 8], 2304, 8);
    }

    private static SafetensorsWriter pair(SafetensorsWriter writer, String module, int width, int rank) {
        return writer.floats(module + ".lora_A.weight", new float[rank * width], rank, width)
                .floats(module + ".lora_B.weight", new float[width * rank], width, rank);
    }

    /** Returns what an inspection says is wrong, once a job has said the same where the checkpoint is here. */
    private Problem problem(SafetensorsWriter writer, ComponentFiles local) {
        AdapterInspection inspection = inspect(writer, local);
        Problem problem = inspection.problem();
        assertNotNull(problem);
        assertFalse(inspection.applies());
        if (local == LOCAL) {
            AdapterFile file = file(writer);
            PipelineException job = assertThrows(PipelineException.class, () -> SmallModel.read(READER, file));
            assertEquals(problem, new Problem(job.code(), message(job)));
        }
        return problem;
    }

    private AdapterInspection inspect(SafetensorsWriter writer, ComponentFiles local) {
        return new ZImagePlugin().inspect(file(writer).source(), local);
    }

    private AdapterFile file(SafetensorsWriter writer) {
        return AdapterFiles.of("test", writer.write(folder.resolve("adapter.safetensors")), 1);
    }
}
