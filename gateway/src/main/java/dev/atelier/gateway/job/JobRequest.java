package dev.atelier.gateway.job;

import com.fasterxml.jackson.annotation.JsonCreator;
import dev.atelier.plugin.GenerationPlan;
import java.util.List;
import java.util.Objects;

/**
 * What a client asked for, resolved as far as that needs no checkpoint. Stored with the job.
 *
 * @param model the model id
 * @param plans one per picture, in order
 * @param adapters applied to every picture, in order
 * @param outputFormat how the pictures are written
 * @param terms on what terms the job waits
 */
public record JobRequest(
        String model,
        List<GenerationPlan> plans,
        List<AdapterReference> adapters,
        OutputFormat outputFormat,
        JobTerms terms) {
    /** Copies the lists and checks that there is something to draw. Rows of former versions have no terms. */
    @JsonCreator
    public JobRequest {
        plans = List.copyOf(plans);
        adapters = List.copyOf(adapters);
        terms = Objects.requireNonNullElse(terms, JobTerms.DEFAULT);
        if (plans.isEmpty()) {
            throw new IllegalArgumentException("a job must have at least one plan");
        }
    }

    /** A request on terms that are nothing special. */
    public JobRequest(
            String model, List<GenerationPlan> plans, List<AdapterReference> adapters, OutputFormat outputFormat) {
        this(model, plans, adapters, outputFormat, JobTerms.DEFAULT);
    }

    /** Returns whether an adapter is opened by a token that only the gateway has that took the request. */
    boolean needsToken() {
        return adapters.stream().anyMatch(adapter -> adapter.tokenKey() != null);
    }

    /** Returns this request on other terms. */
    public JobRequest on(JobTerms other) {
        return new JobRequest(model, plans, adapters, outputFormat, other);
    }
}
