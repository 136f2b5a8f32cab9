package dev.atelier.gateway.verify;

import dev.atelier.gateway.generator.ImageRequest;
import dev.atelier.plugin.GenerationPlan;
import dev.atelier.plugin.ImageSize;
import dev.atelier.plugin.Profile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The requests that may reproduce a sample: one for current trainers, several for older ones, whose installed diffusers
 * need not have been the pinned one. The most probable comes first.
 */
final class Attempts {
    private static final int OLD_DIVISOR = 32;

    private Attempts() {}

    static List<ImageRequest> of(TrainingJob job, SampleFile file, SampleSettings wanted, @Nullable Path adapter) {
        TrainerVersion version = version(job, file);
        ImageRequest current = request(job, wanted, adapter, Profile.AI_TOOLKIT_PREVIEW, wanted.guidanceScale());
        if (version == null || !version.isLegacy()) {
            return List.of(current);
        }
        double lessOne = Math.max(0, wanted.guidanceScale() - 1);
        ImageRequest asGiven = request(job, wanted, adapter, Profile.DIFFUSERS_LEGACY, wanted.guidanceScale());
        ImageRequest reduced = request(job, wanted, adapter, Profile.DIFFUSERS_LEGACY, lessOne);
        boolean reduces = version.compareTo(TrainerVersion.GUIDANCE_LESS_ONE) >= 0;
        LinkedHashSet<ImageRequest> attempts = new LinkedHashSet<>();
        attempts.add(reduces ? reduced : asGiven);
        attempts.add(reduces ? asGiven : reduced);
        attempts.add(current);
        attempts.add(request(job, wanted, adapter, Profile.REFERENCE, wanted.guidanceScale()));
        return new ArrayList<>(attempts);
    }

    static boolean isLegacy(ImageRequest request) {
        return request.plan().profile() != Profile.AI_TOOLKIT_PREVIEW;
    }

    static String describe(ImageRequest request) {
        return "profile " + request.plan().profile().id() + " with guidance "
                + request.plan().guidanceScale() + " fits best";
    }

    private static @Nullable TrainerVersion version(TrainingJob job, SampleFile file) {
        return job.adapter(file.step())
                .map(SavedAdapter::version)
                .or(() -> job.adapters().stream()
                        .map(SavedAdapter::version)
                        .filter(Objects::nonNull)
                        .findFirst())
                .map(TrainerVersion::of)
                .orElse(null);
    }

    private static ImageRequest request(
            TrainingJob job, SampleSettings wanted, @Nullable Path adapter, Profile profile, double guidance) {
        ImageSize size = new ImageSize(wanted.width(), wanted.height());
        GenerationPlan plan = new GenerationPlan(
                wanted.prompt(),
                wanted.negativePrompt(),
                profile == Profile.AI_TOOLKIT_PREVIEW ? size : size.floorTo(OLD_DIVISOR),
                "Default",
                wanted.steps(),
                guidance,
                wanted.seed(),
                profile);
        return new ImageRequest(
                job.modelId(),
                plan,
                adapter == null ? List.of() : List.of(new ImageRequest.Adapter(adapter, wanted.multiplier())));
    }
}
