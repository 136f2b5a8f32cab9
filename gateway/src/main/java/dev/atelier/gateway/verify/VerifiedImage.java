package dev.atelier.gateway.verify;

import dev.atelier.plugin.EffectiveSettings;
import dev.atelier.plugin.RgbImage;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A sample and its verdict.
 *
 * @param sample the file
 * @param adapter the name of the adapter file; null for the base model
 * @param effective the settings that reproduce it; null where they are not known
 * @param multiplier the adapter's strength
 * @param seedKnown whether the seed in {@code effective} is the sample's
 * @param verdict the verdict
 * @param score the comparison; null where nothing was compared
 * @param reasons names of differences, or sentences, that explain the verdict
 * @param generated the image generated here; null where none was
 */
public record VerifiedImage(
        SampleFile sample,
        @Nullable String adapter,
        @Nullable EffectiveSettings effective,
        double multiplier,
        boolean seedKnown,
        Verdict verdict,
        @Nullable Score score,
        List<String> reasons,
        @Nullable RgbImage generated) {
    /** Copies the list. */
    public VerifiedImage {
        reasons = List.copyOf(reasons);
    }
}
