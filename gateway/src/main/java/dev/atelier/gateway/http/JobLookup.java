package dev.atelier.gateway.http;

import dev.atelier.gateway.job.Job;
import dev.atelier.gateway.job.JobStore;
import dev.atelier.gateway.job.Tombstone;
import dev.atelier.gateway.log.Redaction;
import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import io.vertx.core.Future;
import io.vertx.ext.web.RoutingContext;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Finds the job that a path names, for those who may know of it. */
final class JobLookup {
    /** What else a client sends is nobody's id, and some of it no database takes as a text. */
    private static final Pattern ID = Pattern.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");

    private final JobStore store;

    JobLookup(JobStore store) {
        this.store = store;
    }

    /** Returns the job; fails with what a client is answered where it is none of theirs, or not there any more. */
    Future<Job> find(RoutingContext context) {
        String id = Operations.pathParameter(context, "request_id");
        if (!ID.matcher(id).matches()) {
            return Future.failedFuture(notFound(id));
        }
        Caller caller = Caller.of(context);
        return store.find(id)
                .compose(found -> found.isPresent() ? Future.succeededFuture(found.get()) : whatIsLeft(id, caller))
                .map(job -> requireSeen(caller, job.request().terms().owner(), job, id));
    }

    /** Fails: a job that was kept long enough is told from one that never was. */
    private Future<Job> whatIsLeft(String id, Caller caller) {
        return store.tombstone(id).map(found -> {
            Tombstone left = found.orElseThrow(() -> notFound(id));
            throw requireSeen(caller, left.owner(), expired(left), id);
        });
    }

    /** To others, a job is not there at all. */
    private static <T> T requireSeen(Caller caller, @Nullable String owner, T value, String id) {
        if (caller.seesAll() || Objects.equals(caller.owner(), owner)) {
            return value;
        }
        throw notFound(id);
    }

    private static PipelineException expired(Tombstone left) {
        return new PipelineException(
                ErrorCode.REQUEST_EXPIRED,
                "Request " + left.id() + " has expired",
                Map.of("request_id", left.id(), "expired_at", String.valueOf(RequestCodec.timestamp(left.expiredAt()))),
                null);
    }

    private static PipelineException notFound(String id) {
        String shown = Redaction.shortened(id, ErrorBody.LONGEST_VALUE);
        return new PipelineException(
                ErrorCode.REQUEST_NOT_FOUND, "Request not found: " + shown, Map.of("request_id", shown), null);
    }
}
