package dev.atelier.zimage;

import dev.atelier.plugin.AdapterFile;
import dev.atelier.plugin.AdapterReport;
import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import dev.atelier.plugin.PluginMetrics;
import dev.atelier.zimage.adapter.Adapter;
import dev.atelier.zimage.adapter.AdapterCache;
import dev.atelier.zimage.adapter.AdapterReader;
import dev.atelier.zimage.adapter.AdapterStack;
import dev.atelier.zimage.adapter.CheckpointWeights;
import dev.atelier.zimage.model.TransformerWeights;
import dev.atelier.zimage.model.ZImageModules;
import java.util.ArrayList;
import java.util.List;

/** Reads the adapters of an image, or finds them in memory, and stacks them. */
final class AdapterLoader {
    /**
     * The adapters of one image.
     *
     * @param stack those in use
     * @param reports one each, in the order given
     */
    record Loaded(AdapterStack stack, List<AdapterReport> reports) {}

    private final AdapterCache cache;

    /**
     * Starts with nothing in memory.
     *
     * @param bfloat16 whether the model rounds its weights
     * @param budget bytes that are kept
     */
    AdapterLoader(TransformerWeights weights, boolean bfloat16, PluginMetrics metrics, long budget) {
        AdapterReader reader = new AdapterReader(
                ZImageModules.all(weights.config()),
                ZImageModules.SPELLINGS,
                new CheckpointWeights(weights.checkpoint(), bfloat16));
        cache = new AdapterCache(reader, budget, metrics);
    }

    /** Returns the adapters; each must match the model, also one whose multiplier is 0, whose shapes may be any. */
    Loaded load(List<AdapterFile> files) {
        List<AdapterStack.Entry> entries = new ArrayList<>();
        List<AdapterReport> reports = new ArrayList<>();
        for (AdapterFile file : files) {
            Adapter adapter = read(file);
            entries.add(new AdapterStack.Entry(adapter, file.multiplier()));
            reports.add(adapter.report(file.name(), file.multiplier()));
        }
        return new Loaded(new AdapterStack(entries), List.copyOf(reports));
    }

    private Adapter read(AdapterFile file) {
        try {
            return cache.get(file);
        } catch (PipelineException e) {
            if (e.code() != ErrorCode.LORA_INVALID || file.multiplier() != 0) {
                throw e;
            }
            // A member of the family with other dimensions can still be compared with and without it.
            return AdapterReader.unapplied(file.file(), ZImageModules.ofTheFamily());
        }
    }

    /** Returns the bytes of adapters in memory. */
    long keptBytes() {
        return cache.bytes();
    }
}
