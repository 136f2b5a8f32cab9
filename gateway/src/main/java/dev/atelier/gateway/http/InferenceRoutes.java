package dev.atelier.gateway.http;

import dev.atelier.gateway.job.Job;
import dev.atelier.gateway.job.JobStore;
import dev.atelier.gateway.metrics.GatewayMetrics;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.openapi.router.RouterBuilder;

/** Submitting requests. */
final class InferenceRoutes {
    private final Submission submission;
    private final JobStore store;
    private final RequestCodec codec;
    private final GatewayMetrics metrics;

    InferenceRoutes(Submission submission, JobStore store, RequestCodec codec, GatewayMetrics metrics) {
        this.submission = submission;
        this.store = store;
        this.codec = codec;
        this.metrics = metrics;
    }

    void bind(RouterBuilder router) {
        Operations.bind(router, "submitInference", this::submit).addFailureHandler(this::countRejected);
    }

    private void countRejected(RoutingContext context) {
        metrics.rejected(ErrorHandler.body(context).code());
        context.next();
    }

    private void submit(RoutingContext context) {
        JsonObject body = Operations.body(context);
        submission
                .accept(InferenceRequest.of(body))
                .compose(store::submit)
                .onSuccess(submitted -> {
                    Job job = submitted.job();
                    if (!submitted.repeated()) {
                        metrics.accepted(job.request().model());
                    }
                    Operations.answer(context, codec.accepted(job));
                })
                .onFailure(context::fail);
    }
}
