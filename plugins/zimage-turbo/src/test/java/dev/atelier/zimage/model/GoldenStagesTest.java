package dev.atelier.zimage.model;

import static dev.atelier.zimage.Accuracy.assertClose;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnxruntime.OrtSession;
import dev.atelier.plugin.Cancellation;
import dev.atelier.plugin.Device;
import dev.atelier.zimage.Golden;
import dev.atelier.zimage.adapter.AdapterStack;
import dev.atelier.zimage.checkpoint.Checkpoint;
import dev.atelier.zimage.schedule.Schedule;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Compares each stage, and the inside of the first transformer pass and of the decoder, with the real pipeline's. */
class GoldenStagesTest {
    private static final double BOUND = 2e-6;
    private static final Golden.Image STAGES =
            new Golden.Case("base-stages").images().get(0);

    private static Sessions sessions;
    private static TransformerWeights weights;
    private static TransformerConfig config;
    private static TextEncoder textEncoder;

    @BeforeAll
    static void open() {
        sessions = new Sessions(new SessionSettings(Device.CPU, 2, DataType.FLOAT, false));
        weights = TransformerWeights.open(Golden.DEMO.resolve("transformer"));
        config = weights.config();
        textEncoder = sessions.textEncoder(Golden.DEMO.resolve("text_encoder"));
    }

    @AfterAll
    static void close() {
        sessions.close();
    }

    @ParameterizedTest
    @MethodSource("images")
    void encodesThePrompts(Golden.Image image) {
        for (String sign : List.of("", "negative_")) {
            if (image.has(sign + "token_ids")) {
                float[] features = textEncoder.encode(image.longs(sign + "token_ids"), Cancellation.NEVER);
                assertClose(sign + "features", image.floats(sign + "caption_features"), features, BOUND);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void refinesTheCaptionBlockByBlock(AdapterForms forms) {
        List<String> marks = new ArrayList<>(blocks("context_refiner", config.refinerLayers()));
        marks.add("caption_embedding");
        OnnxSession session = sessions.open(CaptionGraph.build(weights, forms, DataType.FLOAT, marks), "caption graph");
        float[] features = STAGES.floats("caption_features");
        int tokens = features.length / config.capFeatDim();
        int padded = TransformerConfig.padded(tokens);
        try (AdapterTensors adapters = new AdapterTensors(config, new AdapterStack(List.of()), forms);
                Tensors inputs = new Tensors().lend(adapters.caption())) {
            inputs.floats("caption_features", features, tokens, config.capFeatDim());
            inputs.longs("caption_padding", new long[padded - tokens]);
            RotaryPositions.ofCaption(config, padded).feed(inputs, "caption_");
            try (OrtSession.Result result = session.run(inputs.byName(), Cancellation.NEVER)) {
                compare(result, marks, "dit.");
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void runsTheTransformerBlockByBlock(AdapterForms forms) {
        List<String> marks = new ArrayList<>(blocks("noise_refiner", config.refinerLayers()));
        marks.addAll(blocks("layers", config.layers()));
        marks.addAll(List.of("time_embedding", "image_embedding", "final_layer"));
        OnnxSession session =
                sessions.open(TransformerGraph.build(weights, forms, DataType.FLOAT, marks), "transformer");
        CaptionRefiner refiner = sessions.denoising(weights, forms).refiner();
        long[] shape = STAGES.shape("initial_latents");
        try (AdapterTensors adapters = new AdapterTensors(config, new AdapterStack(List.of()), forms)) {
            CaptionRefiner.Context context =
                    refiner.refine(STAGES.floats("caption_features"), adapters, Cancellation.NEVER);
            try (Transformer.Sequence sequence = new Transformer(session, config)
                            .sequence(context, (int) shape[2], (int) shape[3], adapters);
                    OrtSession.Result result =
                            sequence.run(STAGES.floats("initial_latents"), time(0), Cancellation.NEVER)) {
                compare(result, marks, "dit.");
            }
        }
    }

    @Test
    void decodesTheLatentsBlockByBlock() {
        VaeConfig vae = VaeConfig.open(Golden.DEMO.resolve("vae"));
        Checkpoint vaeWeights = Checkpoint.open(Golden.DEMO.resolve("vae"));
        List<String> marks =
                new ArrayList<>(blocks("up_blocks", vae.blockOutChannels().size()));
        marks.addAll(List.of("conv_in", "mid_block"));
        OnnxSession session = sessions.open(VaeDecoderGraph.build(vaeWeights, vae, marks), "VAE decoder");
        long[] shape = STAGES.shape("step.3.latents");
        try (Tensors inputs = new Tensors()) {
            float[] latents = VaeDecoder.unscale(STAGES.floats("step.3.latents"), vae);
            inputs.floats("latents", latents, 1, shape[0], shape[1], shape[2]);
            try (OrtSession.Result result = session.run(inputs.byName(), Cancellation.NEVER)) {
                compare(result, marks, "vae.");
            }
        }
    }

    /** Padding rows are recorded too; an embedding is recorded for its first token, the final layer for all. */
    private static void compare(OrtSession.Result result, List<String> marks, String prefix) {
        for (String mark : marks) {
            float[] expected = STAGES.floats(prefix + mark);
            float[] actual = Tensors.read(result, mark);
            int common = Math.min(expected.length, actual.length);
            boolean whole = !mark.endsWith("_embedding") && !mark.equals("final_layer");
            assertClose(
                    mark,
                    whole ? expected : Arrays.copyOf(expected, common),
                    whole ? actual : Arrays.copyOf(actual, common),
                    BOUND);
        }
    }

    private static float time(int step) {
        float[] sigmas = STAGES.floats("sigmas");
        List<Float> levels =
                IntStream.range(0, sigmas.length).mapToObj(i -> sigmas[i]).toList();
        return new Schedule(levels, 1000).modelTime(step);
    }

    private static List<String> blocks(String stem, int count) {
        return IntStream.range(0, count).mapToObj(i -> stem + "." + i).toList();
    }

    private static Stream<Golden.Image> images() {
        return Golden.images().stream();
    }
}
