package dev.atelier.gateway.http;

import dev.atelier.gateway.job.Job;
import dev.atelier.gateway.job.JobStore;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.MessageConsumer;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.openapi.router.RouterBuilder;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Following requests as they are drawn. */
public final class EventRoutes {
    private static final Pattern EVENT_ID = Pattern.compile("\\d{1,18}");

    private final Vertx vertx;
    private final JobStore store;
    private final JobLookup jobs;
    private final EventStream.Pace pace;
    private final Consumer<Boolean> counter;
    private final StreamLimit limit;
    private final Set<EventStream> streams = ConcurrentHashMap.newKeySet();

    /**
     * Creates them.
     *
     * @param limit how many a client may follow
     * @param counter hears true of each stream that is opened, and false of each that is closed
     */
    EventRoutes(Vertx vertx, JobStore store, EventStream.Pace pace, StreamLimit limit, Consumer<Boolean> counter) {
        this.vertx = vertx;
        this.store = store;
        this.jobs = new JobLookup(store);
        this.pace = pace;
        this.limit = limit;
        this.counter = counter;
    }

    void bind(RouterBuilder router) {
        Operations.bind(router, "getRequestEvents", this::follow);
    }

    /** Ends all streams, because the server stops: their clients go on at another one. */
    public void release() {
        streams.forEach(EventStream::release);
    }

    private void follow(RoutingContext context) {
        long told = lastId(context.request().getHeader("Last-Event-ID"));
        jobs.find(context)
                .compose(job -> {
                    // one that is not there yet is no id of this request's: waiting for it would never end
                    long after = told > job.lastEvent() ? 0 : told;
                    if (job.state().isFinal() && after == job.lastEvent()) {
                        return context.response().setStatusCode(204).end();
                    }
                    if (HttpMethod.HEAD.equals(context.request().method())) {
                        return EventStream.begin(context.response()).end();
                    }
                    open(context, job, after);
                    return Future.<Void>succeededFuture();
                })
                .onFailure(context::fail);
    }

    private static long lastId(@Nullable String header) {
        return header != null && EVENT_ID.matcher(header).matches() ? Long.parseLong(header) : 0;
    }

    private void open(RoutingContext context, Job job, long after) {
        if (context.response().closed()) {
            return;
        }
        EventCodec codec = new EventCodec(ClientView.of(context).baseUrl());
        Runnable leave = limit.enter(context);
        EventStream stream =
                new EventStream(vertx, context.request(), (id, most) -> events(job, codec, id, most), pace);
        MessageConsumer<Object> changes =
                vertx.eventBus().localConsumer(JobStore.changes(job.id()), change -> stream.wake());
        context.addEndHandler(end -> stream.stop());
        streams.add(stream);
        counter.accept(true);
        stream.start(after).onComplete(over -> {
            changes.unregister();
            streams.remove(stream);
            counter.accept(false);
            leave.run();
        });
    }

    private Future<List<EventStream.Event>> events(Job job, EventCodec codec, long after, int most) {
        return store.events(job.id(), after, most)
                .compose(events -> events.isEmpty()
                        ? requireMore(job, after)
                        : Future.succeededFuture(events.stream()
                                .map(event -> codec.event(job, event))
                                .toList()));
    }

    /** A job that was removed, or whose end was told, says nothing any more. */
    private Future<List<EventStream.Event>> requireMore(Job job, long after) {
        return store.find(job.id()).map(found -> {
            boolean more = found.filter(now -> !now.state().isFinal() || after < now.lastEvent())
                    .isPresent();
            if (!more) {
                throw new EventStream.Ended();
            }
            return List.of();
        });
    }
}
