package dev.atelier.gateway.http;

import dev.atelier.gateway.adapter.AdapterFiles;
import dev.atelier.gateway.job.Job;
import dev.atelier.gateway.job.JobRequest;
import dev.atelier.gateway.job.JobStore;
import dev.atelier.gateway.job.JobTerms;
import dev.atelier.gateway.job.JobTerms.Idempotency;
import dev.atelier.gateway.job.Submitted;
import dev.atelier.gateway.log.LogFields;
import dev.atelier.gateway.metrics.GatewayMetrics;
import dev.atelier.gateway.output.OutputStore;
import dev.atelier.gateway.worker.DrawingServices;
import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.GenerationPlan;
import dev.atelier.plugin.PipelineException;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.WorkerExecutor;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.openapi.router.RouterBuilder;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Submitting requests. */
final class InferenceRoutes {
    private static final Logger LOG = LoggerFactory.getLogger(InferenceRoutes.class);
    /** After this time another server, or this one, may be there. */
    private static final int RESTART_SECONDS = 5;

    private final Submission submission;
    private final JobStore store;
    private final OutputStore outputs;
    private final AdapterFiles adapters;
    private final RequestCodec codec;
    private final GatewayMetrics metrics;
    private final JobWaits waits;
    private final ApiRouter.Settings settings;
    private final WorkerExecutor executor;

    InferenceRoutes(
            Submission submission,
            DrawingServices services,
            RequestCodec codec,
            JobWaits waits,
            ApiRouter.Settings settings,
            WorkerExecutor executor) {
        this.submission = submission;
        this.store = services.store();
        this.outputs = services.outputs();
        this.adapters = services.adapters();
        this.codec = codec;
        this.metrics = services.metrics();
        this.waits = waits;
        this.settings = settings;
        this.executor = executor;
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
        LOG.info("accepted: model {}, images {}", job.request().model(), plans.size());
        if (settings.promptsLogged()) {
            plans.forEach(plan -> LOG.info("prompt: {}; negative: {}", plan.prompt(), plan.negativePrompt()));
        }
    }

    private void submit(RoutingContext context) {
        if (settings.ending().getAsBoolean()) {
            context.fail(ending());
            return;
        }
        ReadRequest request = ReadRequest.of(context);
        MultiMap headers = context.request().headers();
        Future<SubmittedBody> body = request.large()
                ? executor.executeBlocking(() -> SubmittedBody.of(headers, request, settings.limits()), false)
                : Future.succeededFuture(request).map(small -> SubmittedBody.of(headers, small, settings.limits()));
        body.compose(read -> submit(context, read, submission.warnings(request)))
                .onFailure(context::fail);
    }

    private Future<Void> submit(RoutingContext context, SubmittedBody read, List<Warning> warnings) {
        Preferences preferences = Preferences.of(context.request().headers());
        if (preferences.strict() && !warnings.isEmpty()) {
            context.response().putHeader(Preferences.APPLIED, Preferences.STRICT);
            throw new InvalidRequest(warnings.stream().map(Warning::toViolation).toList());
        }
        InferenceRequest request = read.request();
        String baseUrl = ClientView.of(context).baseUrl();
        JobTerms terms = terms(context, request.terms())
                .withIdempotency(read.idempotency().orElse(null));
        return known(terms)
                .compose(known -> known.isPresent()
                        ? Future.succeededFuture(new Submitted(known.get(), true))
                        : submission
                                .accept(read.withinLimits(), Caller.of(context))
                                .map(job -> job.on(terms))
                                .compose(this::store))
                .compose(submitted -> awaited(context, request, submitted, preferences))
                .compose(job -> Operations.answer(
                        context,
                        preferences.waiting().isPresent()
                                ? codec.awaited(job, warnings, baseUrl)
                                : codec.accepted(job, warnings, baseUrl)));
    }

    private JobTerms terms(RoutingContext context, InferenceRequest.Terms asked) {
        int waiting = settings.limits().waiting();
        String trace = RequestIds.traceparent(context.request().headers()).orElse(null);
        return JobTerms.DEFAULT
                .withPriority(asked.priority())
                .withExpiresIn(asked.expiresIn())
                .withOwner(Caller.of(context).owner(), waiting == 0 ? null : waiting)
                .withOrigin(trace, LogFields.current().requestId())
                .withPreviewEvery(Objects.requireNonNullElse(asked.previewEvery(), settings.previewEvery()));
    }

    /** Looks for the job before anything else is checked: a repeated request is answered even if it fits no more. */
    private Future<Optional<Job>> known(JobTerms terms) {
        Idempotency key = terms.idempotency();
        return key == null ? Future.succeededFuture(Optional.empty()) : store.findRepeated(terms.owner(), key);
    }

    private Future<Submitted> store(JobRequest request) {
        return Future.succeededFuture(request)
                .compose(checked -> {
                    outputs.requireRoom();
                    return store.submit(checked);
                })
                .onFailure(failure -> {
                    if (!mayBeStored(failure)) {
                        adapters.forgetTokens(request.adapters());
                    }
                })
                .onSuccess(submitted -> {
                    if (submitted.repeated()) {
                        adapters.forgetTokens(request.adapters());
                    } else {
                        metrics.accepted(request.model());
                        log(submitted.job());
                    }
                });
    }

    /** When the store's answer is lost, the job may be stored; its token is dropped later unless the job claims it. */
    private static boolean mayBeStored(Throwable failure) {
        return !(failure instanceof PipelineException known) || known.code() == ErrorCode.STORE_UNAVAILABLE;
    }

    /** Returns the job as it is when the answer is due, and says in the answer's headers what was done for it. */
    private Future<Job> awaited(
            RoutingContext context, InferenceRequest request, Submitted submitted, Preferences preferences) {
        HttpServerResponse response = context.response();
        if (submitted.repeated()) {
            response.putHeader("Idempotent-Replayed", "true");
        }
        preferences.applied().ifPresent(applied -> response.putHeader(Preferences.APPLIED, applied));
        return preferences
                .waiting()
                .map(longest -> waits.end(
                        context, submitted.job(), longest, request.terms().cancelOnDisconnect()))
                .orElse(Future.succeededFuture(submitted.job()));
    }
}
