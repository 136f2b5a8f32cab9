package dev.atelier.gateway.http;

import dev.atelier.gateway.adapter.AdapterFiles;
import dev.atelier.gateway.adapter.remote.RemoteFiles;
import dev.atelier.gateway.http.InferenceRequest.Lora;
import dev.atelier.gateway.job.AdapterReference;
import dev.atelier.gateway.job.JobRequest;
import dev.atelier.gateway.registry.ModelCatalog;
import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.GenerationPlan;
import dev.atelier.plugin.PipelineDescriptor;
import dev.atelier.plugin.PipelineException;
import dev.atelier.plugin.Profile;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Turns a request into a job: everything about it that needs no checkpoint is checked and settled here, once. The order
 * of the checks is the reference's.
 */
final class Submission {
    private final ModelCatalog catalog;
    private final ServedModels served;
    private final AdapterFiles adapters;
    private final MissingLora missing;
    private final RequestWarnings warnings;
    private final int maxLoras;
    private final boolean noLoraAllowed;

    /**
     * Creates it.
     *
     * @param contract knows the fields of a request
     * @param maxLoras how many adapters a request may name, where the model takes as many
     * @param noLoraAllowed whether a request that does not say so may name none
     */
    Submission(
            ModelCatalog catalog,
            ServedModels served,
            AdapterFiles adapters,
            ApiContract contract,
            int maxLoras,
            boolean noLoraAllowed) {
        this.catalog = catalog;
        this.served = served;
        this.adapters = adapters;
        this.missing = new MissingLora(adapters);
        this.warnings = new RequestWarnings(contract.document());
        this.maxLoras = maxLoras;
        this.noLoraAllowed = noLoraAllowed;
    }

    /** Returns the parts of a request that have no effect. */
    List<Warning> warnings(ReadRequest request) {
        JsonObject body = request.requireBody();
        return warnings.of(body, request.unknownFields(), catalog.find(body.getString("model")));
    }

    /**
     * Returns the job that a caller's request asks for; fails with a {@link PipelineException} or
     * {@link InvalidRequest}.
     */
    Future<JobRequest> accept(InferenceRequest request, Caller caller) {
        return Future.succeededFuture(request)
                .map(this::modelThatFits)
                .compose(model -> settle(request, model, caller));
    }

    private PipelineDescriptor modelThatFits(InferenceRequest request) {
        PipelineDescriptor model = model(request.model());
        checkProfile(request.profile(), model);
        checkAdapters(request, model);
        return model;
    }

    private Future<JobRequest> settle(InferenceRequest request, PipelineDescriptor model, Caller caller) {
        List<AdapterReference> found = new ArrayList<>();
        return references(request, model, caller, found)
                .map(references -> {
                    checkControlImages(request, model);
                    // [0, 2^31 - 2], as in the reference
                    List<GenerationPlan> plans = request.plans(
                            model.defaults(), () -> ThreadLocalRandom.current().nextInt(Integer.MAX_VALUE));
                    return new JobRequest(model.modelId(), plans, references, request.outputFormat());
                })
                .onFailure(rejected -> adapters.forgetTokens(found));
    }

    /** Returns a model that can be drawn with; throws what a client is answered otherwise. */
    PipelineDescriptor model(String id) {
        PipelineDescriptor model = catalog.find(id)
                .orElseThrow(() -> refusal(
                        ErrorCode.MODEL_NOT_FOUND,
                        "Model '" + id + "' is not supported",
                        Map.of("supported_models", served.ids())));
        if (!served.isServed(id)) {
            String reason = catalog.whyNotServable(id).orElse("no worker that has it is there");
            throw refusal(
                    ErrorCode.MODEL_NOT_AVAILABLE,
                    "Model '" + id + "' is not available: " + reason,
                    Map.of("supported_models", served.ids()));
        }
        return model;
    }

    private void checkAdapters(InferenceRequest request, PipelineDescriptor model) {
        List<Lora> loras = request.loras();
        String name = "Model '" + model.modelId() + "'";
        Map<String, Object> asSent =
                Map.of("loras", loras.stream().map(lora -> lora.json().getMap()).toList());
        boolean noneAllowed = Objects.requireNonNullElse(request.allowNoLora(), noLoraAllowed);
        if (loras.isEmpty() && !noneAllowed && model.maxAdapters() > 0) {
            throw refusal(ErrorCode.LORA_FILE_REQUIRED, "At least one LoRA is required", asSent);
        }
        if (request.sent().transformer()) {
            throw refusal(ErrorCode.MOE_FORMAT_NOT_SUPPORTED, name + " does not support MoE LoRA format", asSent);
        }
        int most = Math.min(maxLoras, model.maxAdapters());
        if (request.sent().loras() > most) {
            throw refusal(
                    ErrorCode.SINGLE_LORA_ONLY,
                    name + " only supports " + most + " LoRA file" + (most == 1 ? "" : "s"),
                    Map.of("loras", asSent.get("loras"), "max_loras", most));
        }
    }

    private Future<List<AdapterReference>> references(
            InferenceRequest request, PipelineDescriptor model, Caller caller, List<AdapterReference> found) {
        Future<List<AdapterReference>> all = Future.succeededFuture(found);
        for (Lora lora : request.loras()) {
            // one after the other, so that the first missing one is the one that is named
            all = all.compose(
                    before -> reference(lora, model, request.hfToken(), caller).map(reference -> {
                        found.add(reference);
                        return found;
                    }));
        }
        return all;
    }

    private Future<AdapterReference> reference(
            Lora lora, PipelineDescriptor model, @Nullable String token, Caller caller) {
        return adapters.reference(lora.path(), lora.multiplier(), model, token)
                .recover(failure -> Future.failedFuture(
                        failure instanceof PipelineException refused
                                ? refusal(
                                        refused.code(),
                                        refused.getMessage(),
                                        Map.of("lora_path", RemoteFiles.name(lora.path())))
                                : failure))
                .recover(failure -> missing.explain(failure, lora.path(), caller));
    }

    private static void checkProfile(Profile profile, PipelineDescriptor model) {
        if (!model.profiles().contains(profile)) {
            String allowed = model.profiles().stream()
                    .map(Profile::id)
                    .sorted()
                    .map(id -> "'" + id + "'")
                    .collect(Collectors.joining(", "));
            throw new InvalidRequest(List.of(Rule.LITERAL.at(List.of("body", "profile"), allowed)));
        }
    }

    private static void checkControlImages(InferenceRequest request, PipelineDescriptor model) {
        for (int i = 0; model.requiresControlImage() && i < request.prompts().size(); i++) {
            if (request.prompts().get(i).controlImage() == null) {
                throw refusal(
                        ErrorCode.CONTROL_IMAGE_REQUIRED,
                        "Model '" + model.modelId() + "' requires a control image for prompt " + i,
                        Map.of("model", model.modelId(), "prompt_index", i));
            }
        }
    }

    private static PipelineException refusal(ErrorCode code, String message, Map<String, Object> details) {
        return new PipelineException(code, message, details, null);
    }
}
