package dev.atelier.bench;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.atelier.plugin.Cancellation;
import dev.atelier.plugin.Device;
import dev.atelier.zimage.adapter.AdapterStack;
import dev.atelier.zimage.model.AdapterForms;
import dev.atelier.zimage.model.AdapterTensors;
import dev.atelier.zimage.model.CaptionRefiner;
import dev.atelier.zimage.model.SessionSettings;
import dev.atelier.zimage.model.Sessions;
import dev.atelier.zimage.model.TextEncoder;
import dev.atelier.zimage.model.Transformer;
import dev.atelier.zimage.model.TransformerWeights;
import dev.atelier.zimage.schedule.Schedule;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Runs single stages on the golden data's inputs, so that an error is seen where it arises. */
final class GoldenStages implements AutoCloseable {
    private static final int TRAIN_TIMESTEPS = 1000;

    private final Sessions sessions;
    private final TransformerWeights weights;
    private final TextEncoder textEncoder;
    private final Sessions.Denoising denoising;

    GoldenStages(Path checkpoint, Device device, int threads, boolean bfloat16, boolean tensorFloat32) {
        DataType compute = bfloat16 ? DataType.BFLOAT16 : DataType.FLOAT;
        sessions = new Sessions(new SessionSettings(device, threads, compute, tensorFloat32));
        weights = TransformerWeights.open(checkpoint.resolve("transformer"));
        textEncoder = sessions.textEncoder(checkpoint.resolve("text_encoder"));
        denoising = sessions.denoising(weights, AdapterForms.LOW_RANK);
    }

    /** Returns the relative error of each stage that the golden image recorded; it must not use adapters. */
    Map<String, Double> errors(GoldenImage image) {
        Map<String, Double> errors = new LinkedHashMap<>();
        float[] features = textEncoder.encode(image.longs("token_ids"), Cancellation.NEVER);
        errors.put("caption_features", Difference.relative(image.floats("caption_features"), features));
        long[] shape = image.shape("initial_latents");
        float[] velocity;
        try (AdapterTensors adapters = new AdapterTensors(weights.config(), new AdapterStack(List.of()))) {
            CaptionRefiner.Context context =
                    denoising.refiner().refine(image.floats("caption_features"), adapters, Cancellation.NEVER);
            try (Transformer.Sequence sequence =
                    denoising.transformer().sequence(context, (int) shape[2], (int) shape[3], adapters)) {
                velocity = sequence.velocity(
                        image.floats("initial_latents"), schedule(image).modelTime(0), Cancellation.NEVER);
            }
        }
        errors.put("first_velocity", Difference.relative(image.floats("step.0.positive"), velocity));
        return errors;
    }

    private static Schedule schedule(GoldenImage image) {
        List<Float> sigmas = new ArrayList<>();
        for (float sigma : image.floats("sigmas")) {
            sigmas.add(sigma);
        }
        return new Schedule(sigmas, TRAIN_TIMESTEPS);
    }

    @Override
    public void close() {
        sessions.close();
    }
}
