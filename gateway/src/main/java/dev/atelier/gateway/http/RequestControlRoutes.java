package dev.atelier.gateway.http;

import dev.atelier.gateway.job.DiscardedJob;
import dev.atelier.gateway.job.Job;
import dev.atelier.gateway.job.JobFilter;
import dev.atelier.gateway.job.JobState;
import dev.atelier.gateway.job.JobStore;
import dev.atelier.gateway.output.OutputStore;
import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import io.vertx.core.Future;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.openapi.router.RouterBuilder;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** Listing, stopping and removing requests. */
final class RequestControlRoutes {
    private static final int PAGE = 50;

    private final JobStore store;
    private final OutputStore outputs;
    private final JobLookup jobs;
    private final RequestCodec codec;

    RequestControlRoutes(JobStore store, OutputStore outputs, RequestCodec codec) {
        this.store = store;
        this.outputs = outputs;
        this.jobs = new JobLookup(store);
        this.codec = codec;
    }

    void bind(RouterBuilder router) {
        Operations.bind(router, "listRequests", this::list);
        Operations.bind(router, "cancelRequest", this::cancel);
        Operations.bind(router, "deleteRequest", this::delete);
    }

    private void list(RoutingContext context) {
        store.list(filter(context))
                .recover(failure -> Future.failedFuture(isBadCursor(failure) ? badCursor(failure) : failure))
                .onSuccess(page -> Operations.answer(context, codec.page(page)))
                .onFailure(context::fail);
    }

    private static boolean isBadCursor(Throwable failure) {
        return failure instanceof PipelineException refused && refused.code() == ErrorCode.INVALID_PARAMETER;
    }

    private static InvalidRequest badCursor(Throwable failure) {
        return new InvalidRequest(
                List.of(Rule.VALUE.at(List.of("query", "cursor"), String.valueOf(failure.getMessage()))));
    }

    private static JobFilter filter(RoutingContext context) {
        Caller caller = Caller.of(context);
        return new JobFilter(
                Operations.queryParameter(context, "status")
                        .map(RequestControlRoutes::states)
                        .orElse(Set.of()),
                Operations.queryParameter(context, "model").orElse(null),
                caller.seesAll() ? null : caller.owner(),
                Operations.queryParameter(context, "cursor").orElse(null),
                Operations.queryParameter(context, "limit")
                        .map(Integer::valueOf)
                        .orElse(PAGE));
    }

    private static Set<JobState> states(String name) {
        return Arrays.stream(JobState.values())
                .filter(state -> RequestCodec.state(state).equals(name))
                .collect(Collectors.toSet());
    }

    private void cancel(RoutingContext context) {
        jobs.find(context)
                .map(Job::id)
                .compose(store::cancelRequest)
                .onSuccess(job -> Operations.answer(context, codec.status(job)))
                .onFailure(context::fail);
    }

    private void delete(RoutingContext context) {
        jobs.find(context)
                .map(Job::id)
                .compose(store::delete)
                .compose(this::removePictures)
                .onSuccess(removed -> context.response().setStatusCode(204).end())
                .onFailure(context::fail);
    }

    /** What cannot be removed now is looked after later, like the pictures of requests that were kept long enough. */
    private Future<Void> removePictures(DiscardedJob job) {
        return outputs.remove(job).compose(gone -> store.forget(job.id())).otherwiseEmpty();
    }
}
