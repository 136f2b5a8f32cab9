package dev.atelier.zimage;

import dev.atelier.plugin.AdapterFile;
import dev.atelier.plugin.AdapterReport;
import dev.atelier.plugin.Cancellation;
import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import dev.atelier.plugin.PluginMetrics;
import dev.atelier.zimage.adapter.Adapter;
import dev.atelier.zimage.adapter.AdapterCache;
import dev.atelier.zimage.adapter.AdapterReader;
import dev.atelier.zimage.adapter.AdapterStack;
import dev.atelier.zimage.adapter.CheckpointWeights;
import dev.atelier.zimage.model.AdapterTensors;
import dev.atelier.zimage.model.TransformerConfig;
import dev.atelier.zimage.model.TransformerWeights;
import dev.atelier.zimage.model.ZImageModules;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads the adapters of an image, or finds them in memory, and stacks them. What the last image was fed is kept for the
 * next one, which most often applies the same, where the budget allows. For the device's thread.
 */
final class AdapterLoader implements AutoCloseable {
    /**
     * The adapters of one image; closed after it.
     *
     * @param tensors what is fed to every pass
     * @param merged what is to be merged into the weights instead
     * @param reports one for each adapter, in the order given
     * @param kept whether the next image may be fed the same tensors
     */
    record Prepared(AdapterTensors tensors, AdapterStack merged, List<AdapterReport> reports, boolean kept)
            implements AutoCloseable {
        @Override
        public void close() {
            if (!kept) {
                tensors.close();
            }
        }
    }

    private record Kept(AdapterStack.Content content, AdapterTensors tensors) {}

    private final String modelId;
    private final TransformerConfig config;
    private final AdapterCache cache;
    private final long budget;
    private @Nullable Kept kept;
    private volatile long keptTensorBytes;

    /**
     * Starts with nothing in memory.
     *
     * @param modelId what messages call the model
     * @param bfloat16 whether the model rounds its weights
     * @param budget bytes that are kept; of the adapters at most an eighth of the heap, because other models keep
     *     theirs beside them
     */
    AdapterLoader(String modelId, TransformerWeights weights, boolean bfloat16, PluginMetrics metrics, long budget) {
        AdapterReader reader = new AdapterReader(
                ZImageModules.of(modelId, weights.config()), new CheckpointWeights(weights.checkpoint(), bfloat16));
        this.modelId = modelId;
        this.config = weights.config();
        long heap = Runtime.getRuntime().maxMemory();
        this.cache = new AdapterCache(reader, Math.min(budget, heap / 8), heap / 2, metrics);
        this.budget = budget;
    }

    /**
     * Returns the adapters; each must match the model, also one whose multiplier is 0, whose shapes may be any.
     *
     * @param merge whether those that can be are to be merged into the weights
     */
    Prepared prepare(List<AdapterFile> files, boolean merge, Cancellation cancellation) {
        List<AdapterStack.Entry> entries = new ArrayList<>();
        List<AdapterReport> reports = new ArrayList<>();
        long held = 0;
        for (AdapterFile file : files) {
            Adapter adapter = read(file, held, cancellation);
            if (file.multiplier() != 0) {
                entries.add(new AdapterStack.Entry(file.name(), adapter, file.multiplier()));
                held += adapter.bytes();
            }
            reports.add(adapter.report(file.name(), file.multiplier()));
        }
        AdapterStack all = new AdapterStack(entries);
        AdapterTensors tensors = tensors(merge ? all.unmergeable() : all, held);
        boolean lasting = kept != null && kept.tensors() == tensors;
        return new Prepared(tensors, merge ? all.mergeable() : AdapterStack.NONE, List.copyOf(reports), lasting);
    }

    private Adapter read(AdapterFile file, long held, Cancellation cancellation) {
        try {
            return cache.get(file, held, cancellation);
        } catch (PipelineException e) {
            if (e.code() != ErrorCode.LORA_INVALID || file.multiplier() != 0) {
                throw e;
            }
            // A member of the family with other dimensions can still be compared with and without it.
            return AdapterReader.unapplied(file, ZImageModules.ofTheFamily(modelId));
        }
    }

    private AdapterTensors tensors(AdapterStack stack, long held) {
        AdapterStack.Content content = stack.content();
        if (kept != null && kept.content().equals(content)) {
            return kept.tensors();
        }
        close(); // first, so that no two are in memory at once
        AdapterTensors made = new AdapterTensors(config, stack);
        if (made.bytes() + held <= budget) {
            cache.shrinkTo(budget - made.bytes()); // those of this image were used last and stay
            kept = new Kept(content, made);
            keptTensorBytes = made.bytes();
        }
        return made;
    }

    /** Returns the bytes that are kept in memory; from any thread. */
    long keptBytes() {
        return cache.bytes() + keptTensorBytes;
    }

    @Override
    public void close() {
        if (kept != null) {
            kept.tensors().close();
            kept = null;
            keptTensorBytes = 0;
        }
    }
}
