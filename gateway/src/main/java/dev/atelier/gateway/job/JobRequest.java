package dev.atelier.gateway.job;

import dev.atelier.plugin.GenerationPlan;
import java.util.List;

/**
 * What a client asked for, resolved as far as that needs no checkpoint. Stored with the job.
 *
 * @param model the model id
 * @param plans one per picture, in order
 * @param adapters applied to every picture, in order
 * @param outputFormat how the pictures are written
 */
public record JobRequest(
        String model, List<GenerationPlan> plans, List<AdapterReference> adapters, OutputFormat outputFormat) {
    /** Copies the lists and checks that there is something to draw. */
    public JobRequest {
        plans = List.copyOf(plans);
        adapters = List.copyOf(adapters);
        if (plans.isEmpty()) {
            throw new IllegalArgumentException("a job must have at least one plan");
        }
    }
}
