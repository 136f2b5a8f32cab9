package dev.atelier.gateway.http;

import dev.atelier.gateway.job.Job;
import dev.atelier.gateway.job.JobStore;
import dev.atelier.gateway.log.LogFields;
import dev.atelier.gateway.metrics.GatewayMetrics;
import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.GenerationPlan;
import dev.atelier.plugin.PipelineException;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.openapi.router.RouterBuilder;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Submitting requests. */
final class InferenceRoutes {
    private static final Logger LOG = LoggerFactory.getLogger(InferenceRoutes.class);
    /** After this time another server, or this one, may be there. */
    private static final int RESTART_SECONDS = 5;

    private final Submission submission;
    private final JobStore store;
    private final RequestCodec codec;
    private final GatewayMetrics metrics;
    private final ApiRouter.Settings settings;

    InferenceRoutes(
            Submission submission,
            JobStore store,
            RequestCodec codec,
            GatewayMetrics metrics,
            ApiRouter.Settings settings) {
        this.submission = submission;
        this.store = store;
        this.codec = codec;
        this.metrics = metrics;
        this.settings = settings;
    }

    void bind(RouterBuilder router) {
        Operations.bind(router, "submitInference", this::submit).addFailureHandler(this::countRejected);
    }

    private void countRejected(RoutingContext context) {
        metrics.rejected(ErrorHandler.body(context).code());
        context.next();
    }

    private static PipelineException ending() {
        return new PipelineException(
                ErrorCode.SHUTTING_DOWN,
                "The server is going down; send the request again, to another one where there is one",
                Map.of(ErrorBody.RETRY_AFTER, RESTART_SECONDS),
                null);
    }

    private void log(Job job) {
        LogFields.current().withJob(job.id()).set();
        List<GenerationPlan> plans = job.request().plans();
        LOG.info("accepted {} pictures of {}", plans.size(), job.request().model());
        if (settings.promptsLogged()) {
            plans.forEach(plan -> LOG.info("prompt: {}; negative: {}", plan.prompt(), plan.negativePrompt()));
        }
    }

    private void submit(RoutingContext context) {
        if (settings.ending().getAsBoolean()) {
            context.fail(ending());
            return;
        }
        JsonObject body = Operations.body(context);
        submission
                .accept(InferenceRequest.of(body))
                .compose(store::submit)
                .onSuccess(submitted -> {
                    Job job = submitted.job();
                    if (!submitted.repeated()) {
                        metrics.accepted(job.request().model());
                        log(job);
                    }
                    Operations.answer(context, codec.accepted(job));
                })
                .onFailure(context::fail);
    }
}
