package dev.atelier.zimage.adapter;

import dev.atelier.plugin.AdapterFile;
import dev.atelier.plugin.AdapterInspection;
import dev.atelier.plugin.AdapterInspection.Problem;
import dev.atelier.plugin.AdapterReport;
import dev.atelier.plugin.AdapterSource;
import dev.atelier.plugin.Cancellation;
import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import dev.atelier.zimage.adapter.ChangeReader.Unmeasured;
import dev.atelier.zimage.checkpoint.Safetensors;
import dev.atelier.zimage.checkpoint.TensorReader;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongConsumer;

/**
 * Reads adapter files: safetensors files whose tensors are named {@code PREFIX MODULE SUFFIX}.
 *
 * <pre>
 * PREFIX  any of diffusion_model.  model.  transformer.  base_model.model.  pipe.  dit.  lora_unet_  lora_unet__
 *         lora_transformer_  lycoris_  and some more, in any order and nesting, or none
 * MODULE  a weight's name in the checkpoint, dots and underscores being one, or another spelling of it
 * SUFFIX  .lora_A.weight  .lora_A.NAME.weight  .lora_down.weight  .lora.down.weight       [rank, in]
 *         .lora_B.weight  .lora_B.NAME.weight  .lora_up.weight    .lora.up.weight         [out, rank]
 *         .alpha                                                                          [] or [1], optional
 *         .magnitude  .dora_scale  .lora_magnitude_vector[.NAME][.weight]      [out] or [out, 1] or [1, in]
 *         .lora_A.weight without the other, or .diff                                      [out, in]
 *         .diff  or  .w_norm of a norm or a learned token                                 [length]
 *         .diff_b                                                                         [out]
 *         .lokr_w1  or  .lokr_w1_a and .lokr_w1_b                         [out1, in1]  or [out1, rank] and [rank, in1]
 *         .lokr_w2  or  .lokr_w2_a and .lokr_w2_b                         [out2, in2]  or [out2, rank] and [rank, in2]
 *         .hada_w1_a and .hada_w1_b, .hada_w2_a and .hada_w2_b                        each [out, rank] and [rank, in]
 * </pre>
 *
 * <p>The forms combine freely, F8_E4M3, F8_E5M2, F16, BF16, F32 and F64 too, and ranks may differ between modules.
 * Thread-safe.
 */
public final class AdapterReader {
    private final AdapterModel model;
    private final BaseWeights weights;

    /**
     * Creates a reader for a model.
     *
     * @param model what an adapter may change, every shape known
     * @param weights its weights, for what depends on them
     */
    public AdapterReader(AdapterModel model, BaseWeights weights) {
        this.model = model;
        this.weights = weights;
    }

    /**
     * Reads a file's header, alphas and settings and says what it holds and whether it can be applied.
     *
     * @param model what it may change
     * @throws PipelineException {@link ErrorCode#LORA_INVALID} when the file is not well formed
     */
    public static AdapterInspection inspect(AdapterSource source, AdapterModel model) {
        Safetensors opened = RecordedFile.open(source);
        AdapterContents contents = AdapterContents.of(opened, source.name(), model.names());
        AdapterScale scale = AdapterScale.of(source, opened.metadata());
        Problem problem = new AdapterCheck(source.name(), opened, contents, scale, model)
                .problem()
                .orElse(null);
        AdapterScale told = problem == null ? scale : new AdapterScale(source.name(), Optional.empty());
        return new AdapterInspection(AdapterSummary.of(opened, contents, told, source.name()), problem);
    }

    /**
     * Returns a file as an adapter that changes nothing, with the report of {@link #inspect}.
     *
     * @throws PipelineException {@link ErrorCode#LORA_INVALID} when the file is not well formed, or as a job with it
     *     would fail
     */
    public static Adapter unapplied(AdapterFile file, AdapterModel model) {
        AdapterInspection inspected = inspect(file.source(), model);
        Problem problem = inspected.problem();
        if (problem != null) {
            throw new PipelineException(problem.code(), problem.message());
        }
        return new Adapter(file.sha256(), Map.of(), inspected.report());
    }

    /**
     * Reads what fits the model, and measures the base weights where a change depends on them.
     *
     * @param room told the bytes that the weights will take in memory before any of them is read; may refuse them
     * @throws PipelineException {@link ErrorCode#LORA_NOT_APPLIED} when nothing does, naming the first keys;
     *     {@link ErrorCode#LORA_CHANGED} when its content is not what its hash says, now or once it is read;
     *     {@link ErrorCode#LORA_INVALID} when the file is not well formed, a shape does not fit, a weight is not
     *     finite, a module's tensors are not complete, or a module is adapted by an algorithm that is not computed here
     * @throws CancellationException when it was cancelled, which is seen between modules
     */
    public Adapter read(AdapterFile file, LongConsumer room, Cancellation cancellation) {
        Unread unread =
                new RecordedFile(file).read((opened, source) -> readWeights(opened, source, room, cancellation));
        Map<String, Change> changes = new ConcurrentHashMap<>();
        unread.changes().entrySet().parallelStream().forEach(entry -> {
            stopWhenCancelled(cancellation);
            changes.put(entry.getKey(), entry.getValue().measured(model.target(entry.getKey()), weights));
        });
        return new Adapter(file.sha256(), changes, unread.report());
    }

    /** What the file holds, before it is held against the base weights. */
    private record Unread(Map<String, Unmeasured> changes, AdapterReport report) {}

    private Unread readWeights(Safetensors opened, AdapterSource source, LongConsumer room, Cancellation cancellation) {
        String name = source.name();
        AdapterContents contents = AdapterContents.of(opened, name, model.names());
        AdapterScale scale = AdapterScale.of(source, opened.metadata());
        room.accept(new AdapterCheck(name, opened, contents, scale, model).check());
        Map<String, Unmeasured> changes = new LinkedHashMap<>();
        try (TensorReader reader = opened.reader()) {
            ChangeReader change = new ChangeReader(name, scale, reader);
            contents.modules().forEach((module, tensors) -> {
                stopWhenCancelled(cancellation);
                changes.put(module, change.read(tensors, model.target(module)));
            });
        }
        return new Unread(changes, AdapterSummary.of(opened, contents, scale, name));
    }

    private static void stopWhenCancelled(Cancellation cancellation) {
        if (cancellation.isCancelled()) {
            throw new CancellationException();
        }
    }
}
