package dev.atelier.zimage.adapter;

import dev.atelier.plugin.AdapterFile;
import dev.atelier.plugin.AdapterReport;
import dev.atelier.plugin.Cancellation;
import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import dev.atelier.zimage.adapter.ChangeReader.Unmeasured;
import dev.atelier.zimage.checkpoint.Safetensors;
import dev.atelier.zimage.checkpoint.TensorReader;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongConsumer;

/**
 * Reads adapter files: safetensors files whose tensors are named {@code PREFIX MODULE SUFFIX}.
 *
 * <pre>
 * PREFIX  diffusion_model.  model.diffusion_model.  transformer.  base_model.model.  or none
 *         lora_unet_  lora_transformer_  lycoris_, with underscores for the module's dots
 * MODULE  a linear's name in the checkpoint, dots and underscores being one, or another spelling of it
 * SUFFIX  .lora_A.weight  .lora_A.default.weight  .lora_down.weight  .lora.down.weight    [rank, in]
 *         .lora_B.weight  .lora_B.default.weight  .lora_up.weight    .lora.up.weight      [out, rank]
 *         .alpha                                                                          [] or [1], optional
 *         .magnitude  .dora_scale  .lora_magnitude_vector[.default][.weight]   [out] or [out, 1] or [1, in]
 *         .lora_A.weight without the other, or .diff                                      [out, in]
 *         .diff_b                                                                         [out]
 *         .lokr_w1  or  .lokr_w1_a and .lokr_w1_b                         [out1, in1]  or [out1, rank] and [rank, in1]
 *         .lokr_w2  or  .lokr_w2_a and .lokr_w2_b                         [out2, in2]  or [out2, rank] and [rank, in2]
 * </pre>
 *
 * <p>The forms combine freely, F16, BF16, F32 and F64 too, and ranks may differ between modules. Thread-safe.
 */
public final class AdapterReader {
    private static final int UNMATCHED_SHOWN = 5;

    private final Map<String, Target> targets = new HashMap<>();
    private final ModuleNames names;
    private final BaseWeights weights;

    /**
     * Creates a reader for a model.
     *
     * @param targets the linears that an adapter may change
     * @param spellings how files may call them
     * @param weights theirs, for what depends on them
     */
    public AdapterReader(List<Target> targets, Spellings spellings, BaseWeights weights) {
        targets.forEach(target -> this.targets.put(target.name(), target));
        this.names = new ModuleNames(this.targets.keySet(), spellings);
        this.weights = weights;
    }

    /**
     * Reads a file's header and alphas and says what it holds, judged by the tensors' names.
     *
     * @param names the linears that the model has, or in some size may have
     * @throws PipelineException {@link ErrorCode#LORA_INVALID} when the file is not well formed
     */
    public static AdapterReport inspect(Path file, ModuleNames names) {
        String name = String.valueOf(file.getFileName());
        Safetensors opened = AdapterSource.open(file, name);
        AdapterContents contents = AdapterContents.of(opened, name, names);
        return AdapterSummary.of(opened, contents, new AdapterScale(name, opened.metadata()), name);
    }

    /**
     * Returns a file as an adapter that changes nothing, with the report of {@link #inspect(Path, ModuleNames)}.
     *
     * @throws PipelineException {@link ErrorCode#LORA_INVALID} when the file is not well formed
     */
    public static Adapter unapplied(AdapterFile file, ModuleNames names) {
        return new Adapter(file.sha256(), Map.of(), inspect(file.file(), names));
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
        AdapterSource source = new AdapterSource(file);
        Unread unread = source.read((opened, name) -> readWeights(opened, name, room, cancellation));
        Map<String, Change> changes = new ConcurrentHashMap<>();
        unread.changes().entrySet().parallelStream().forEach(entry -> {
            stopWhenCancelled(cancellation);
            changes.put(entry.getKey(), entry.getValue().measured(target(entry.getKey()), weights));
        });
        return new Adapter(file.sha256(), changes, unread.report());
    }

    /** What the file holds, before it is held against the base weights. */
    private record Unread(Map<String, Unmeasured> changes, AdapterReport report) {}

    private Unread readWeights(Safetensors opened, String name, LongConsumer room, Cancellation cancellation) {
        AdapterContents contents = AdapterContents.of(opened, name, names);
        refuseForeign(name, contents);
        AdapterScale scale = new AdapterScale(name, opened.metadata());
        long bytes = 0;
        for (ModuleTensors tensors : contents.modules().values()) {
            bytes += new ModuleShapes(name, tensors, target(tensors.module())).check();
        }
        room.accept(bytes);
        Map<String, Unmeasured> changes = new LinkedHashMap<>();
        try (TensorReader reader = opened.reader()) {
            ChangeReader change = new ChangeReader(name, scale, reader);
            contents.modules().forEach((module, tensors) -> {
                stopWhenCancelled(cancellation);
                changes.put(module, change.read(tensors, target(module)));
            });
        }
        return new Unread(changes, AdapterSummary.of(opened, contents, scale, name));
    }

    private static void stopWhenCancelled(Cancellation cancellation) {
        if (cancellation.isCancelled()) {
            throw new CancellationException();
        }
    }

    private static void refuseForeign(String name, AdapterContents contents) {
        String foreign = contents.foreign().isEmpty()
                ? ""
                : "; it holds " + String.join(", ", contents.foreign()) + ", which cannot be applied";
        List<String> unmatched = contents.unmatched();
        List<String> first = unmatched.subList(0, Math.min(UNMATCHED_SHOWN, unmatched.size()));
        if (contents.modules().isEmpty()) {
            throw new PipelineException(
                    ErrorCode.LORA_NOT_APPLIED,
                    name + ": none of its "
                            + (unmatched.size() + contents.partlyMatched().size())
                            + " tensors matches the model; the first are " + first + foreign,
                    Map.of("unmatched_keys", List.copyOf(first)),
                    null);
        }
        if (!foreign.isEmpty()) {
            // Half of what was trained would draw something else than in training.
            throw invalid(name, "must hold no other algorithm's weights for the model" + foreign);
        }
    }

    private Target target(String module) {
        return Objects.requireNonNull(targets.get(module), module);
    }

    private static PipelineException invalid(String name, String what) {
        return new PipelineException(ErrorCode.LORA_INVALID, name + ": " + what);
    }
}
