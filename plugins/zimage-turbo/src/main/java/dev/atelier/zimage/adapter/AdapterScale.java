package dev.atelier.zimage.adapter;

import dev.atelier.plugin.AdapterSource;
import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import java.util.Map;
import java.util.Optional;

/**
 * A module's own scale: alpha over rank, from the module's alpha tensor; else from PEFT's settings, which diffusers
 * leaves in the file's metadata and PEFT itself in {@code adapter_config.json} beside the file; else 1. Where both are
 * there, the metadata counts, because it cannot be parted from its weights.
 */
final class AdapterScale {
    private final String name;
    private final Optional<PeftSettings> settings;

    /**
     * Creates it.
     *
     * @param name what messages call the file
     * @param settings PEFT's; empty when the file comes without
     */
    AdapterScale(String name, Optional<PeftSettings> settings) {
        this.name = name;
        this.settings = settings;
    }

    /**
     * Reads PEFT's settings.
     *
     * @param metadata the file's
     * @throws PipelineException {@link ErrorCode#LORA_INVALID} naming the setting that is not sane
     */
    static AdapterScale of(AdapterSource source, Map<String, String> metadata) {
        return new AdapterScale(source.name(), PeftSettings.of(source, metadata));
    }

    /**
     * Returns the scale of a module.
     *
     * @param rank 0 when the module has none
     * @param alpha the value of its alpha tensor; 0 stands for the rank
     */
    float of(ModuleTensors tensors, int rank, Optional<Float> alpha) {
        if (alpha.isPresent()) {
            return scale(tensors.module(), alpha.get(), rank);
        }
        return settings.flatMap(given -> given.scale(tensors, rank)).orElse(1f);
    }

    /** Returns the alpha that the settings give a module, empty when they give none. */
    Optional<Double> setting(ModuleTensors tensors) {
        return settings.flatMap(given -> given.alpha(tensors));
    }

    private float scale(String module, double alpha, int rank) {
        if (!Double.isFinite(alpha) || alpha < 0) {
            throw new PipelineException(
                    ErrorCode.LORA_INVALID,
                    name + ": module " + module + ": alpha must be finite and not negative but is " + alpha);
        }
        return (float) (alpha == 0 ? 1 : alpha / rank);
    }
}
