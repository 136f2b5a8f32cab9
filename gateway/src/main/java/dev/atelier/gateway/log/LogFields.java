package dev.atelier.gateway.log;

import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.spi.context.storage.ContextLocal;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What every line tells that is logged for a request or a job. The fields follow the work: through futures, timers and
 * worker executors, because Vert.x keeps them with the context in which each of those was asked for.
 *
 * @param requestId the HTTP request's id
 * @param jobId the job's id
 * @param traceId the trace that the work belongs to
 */
public record LogFields(
        @Nullable String requestId,
        @Nullable String jobId,
        @Nullable String traceId) {
    static final ContextLocal<LogFields> LOCAL = ContextLocal.registerLocal(LogFields.class);

    private static final int TRACE_START = 3;
    private static final int TRACE_END = 35;
    private static final LogFields NONE = new LogFields(null, null, null);
    /** For work on a thread that keeps its own context, such as a device's. */
    private static final ThreadLocal<LogFields> OF_THREAD = new ThreadLocal<>();

    /** Returns the fields of work that belongs to a trace, given in W3C form. */
    public static LogFields of(@Nullable String requestId, @Nullable String jobId, @Nullable String traceparent) {
        String trace = traceparent == null || traceparent.length() < TRACE_END
                ? null
                : traceparent.substring(TRACE_START, TRACE_END);
        return new LogFields(requestId, jobId, trace);
    }

    /** Returns the fields of the work that is being done here. */
    public static LogFields current() {
        LogFields ofThread = OF_THREAD.get();
        if (ofThread != null) {
            return ofThread;
        }
        Context context = Vertx.currentContext();
        LogFields ofContext = context instanceof ContextInternal here && here.isDuplicate() ? LOCAL.get(here) : null;
        return ofContext == null ? NONE : ofContext;
    }

    /** Makes these the fields of the request that is handled here. */
    public void set() {
        if (Vertx.currentContext() instanceof ContextInternal here && here.isDuplicate()) {
            LOCAL.put(here, this);
        }
    }

    /** Returns these with a job. */
    public LogFields withJob(String id) {
        return new LogFields(requestId, id, traceId);
    }

    /** Does something for which these are the fields, with all that it sets off. */
    public <T> T during(Supplier<T> work) {
        if (!(Vertx.currentContext() instanceof ContextInternal here)) {
            return work.get();
        }
        ContextInternal own = here.duplicate();
        LOCAL.put(own, this);
        ContextInternal before = own.beginDispatch();
        try {
            return work.get();
        } finally {
            own.endDispatch(before);
        }
    }

    /** Does something on this thread for which these are the fields. */
    public <T> T onThread(Callable<T> work) throws Exception {
        LogFields before = OF_THREAD.get();
        OF_THREAD.set(this);
        try {
            return work.call();
        } finally {
            if (before == null) {
                OF_THREAD.remove();
            } else {
                OF_THREAD.set(before);
            }
        }
    }

    /** Returns the fields that are known, by the names that lines give them. */
    Map<String, String> byName() {
        Map<String, String> named = new LinkedHashMap<>();
        put(named, "request_id", requestId);
        put(named, "job_id", jobId);
        put(named, "trace_id", traceId);
        return named;
    }

    private static void put(Map<String, String> named, String name, @Nullable String value) {
        if (value != null) {
            named.put(name, value);
        }
    }
}
