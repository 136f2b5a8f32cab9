package dev.atelier.gateway.job;

import dev.atelier.plugin.EffectiveSettings;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/**
 * Every job there is, and the queue, in one SQLite file or in a PostgreSQL database that gateways share. Devices claim
 * jobs by priority, then client by client in turn, then in the order of submission. Each change of state is one
 * transaction, allowed only from the states that precede it; what names an attempt fails with
 * {@link StaleAttemptException} once the job is not running under it any more. What clients may be told fails with a
 * {@link dev.atelier.plugin.PipelineException}; STORE_UNAVAILABLE of any operation passes. Safe from any thread;
 * nothing of it runs on an event loop.
 */
public final class JobStore {
    /** The event bus address on which a job that can be taken wakes idle devices. */
    public static final String WAKE_UP = "atelier.jobs.queued";
    /** The event bus address on which a job is told, by its id, that is held by a gateway. */
    public static final String HELD = "atelier.jobs.held";

    private final StoreThreads threads;
    private final Database database;
    private final String gateway;
    private final Duration lease;
    private final Tables tables;
    private final Optional<PgListener> listener;
    private volatile List<GatewayInfo> live = List.of();

    private JobStore(Vertx vertx, StoreThreads threads, StoreSettings settings, StoreObserver observer)
            throws IOException {
        this.threads = threads;
        this.lease = settings.lease();
        this.gateway = UUID.randomUUID().toString();
        this.database = Database.open(settings, gateway);
        this.tables = new Tables(database, settings, gateway);
        Notices notices = new Notices(vertx, observer);
        database.listen(notices::committed);
        this.listener = database.receive(notices::tell);
    }

    /** Opens a SQLite store that nobody observes; see {@link #open(Vertx, StoreSettings, StoreObserver)}. */
    public static Future<JobStore> open(Vertx vertx, Path dataDir) {
        return open(vertx, StoreSettings.in(dataDir), (operation, succeeded) -> {});
    }

    /**
     * Opens the store, creating it where it is not there. A SQLite store belongs to one process: what a former one left
     * running goes back into the queue.
     *
     * @return fails when another process has the file open, or the database does not answer
     */
    public static Future<JobStore> open(Vertx vertx, StoreSettings settings, StoreObserver observer) {
        boolean shared = settings.databaseUrl().isPresent();
        StoreThreads threads = new StoreThreads(vertx, shared ? PostgreSql.CONNECTIONS : Sqlite.CONNECTIONS, observer);
        return threads.run("open", () -> {
                    JobStore store = new JobStore(vertx, threads, settings, observer);
                    if (!shared) {
                        store.tables.presence.clear();
                        store.tables.sweep.takeBackAll();
                    }
                    return store;
                })
                .recover(failure -> threads.close(() -> null).transform(closed -> Future.failedFuture(failure)));
    }

    /** Returns the event bus address on which a new event of a job is told, and its removal. */
    public static String changes(String id) {
        return "atelier.jobs.changed." + id;
    }

    /** Returns the event bus address on which a running job is asked to stop. */
    public static String cancels(String id) {
        return "atelier.jobs.cancel." + id;
    }

    /** Returns how often an attempt has to renew its lease, so that it survives two failures. */
    public Duration renewal() {
        return lease.dividedBy(3);
    }

    /** Returns this gateway's id in the store, made anew at each start. */
    public String gatewayId() {
        return gateway;
    }

    /**
     * Stores a new job at its place in the queue, or returns the one of the same idempotency key; once this succeeds,
     * no restart forgets it.
     *
     * @return fails with QUEUE_FULL, whose details are {@code depth}, {@code capacity} and {@code retry_after_seconds},
     *     or IDEMPOTENCY_CONFLICT
     */
    public Future<Submitted> submit(JobRequest request) {
        JobRequest taken = request.needsToken() ? request.on(request.terms().withHeldBy(gateway)) : request;
        return run("submit", () -> tables.submissions.insert(taken));
    }

    /** Looks up the job that an owner submitted under a key; IDEMPOTENCY_CONFLICT when the body was another. */
    public Future<Optional<Job>> findRepeated(@Nullable String owner, JobTerms.Idempotency idempotency) {
        return run("findRepeated", () -> database.read(handle -> SubmissionTable.repeated(handle, owner, idempotency)));
    }

    /** Looks a job up; any text is allowed. */
    public Future<Optional<Job>> find(String id) {
        return run("find", () -> database.read(handle -> JobQueries.find(handle, id)));
    }

    /** Looks up what is left of a job that was kept long enough. */
    public Future<Optional<Tombstone>> tombstone(String id) {
        return run("tombstone", () -> database.read(handle -> JobQueries.tombstone(handle, id)));
    }

    /** Lists jobs, the latest submission first; fails with INVALID_PARAMETER for a cursor that no list gave. */
    public Future<JobPage> list(JobFilter filter) {
        return run("list", () -> database.read(handle -> JobQueries.list(handle, filter)));
    }

    /**
     * Returns a job's events after a number, at most so many. {@link #changes} tells of new ones, but may miss some
     * when another gateway wrote them: look again every few seconds.
     */
    public Future<List<JobEvent>> events(String id, long after, int limit) {
        return run("events", () -> database.read(handle -> EventTable.after(handle, id, after, limit)));
    }

    /** Ends a waiting job, or asks a running one to stop; fails with REQUEST_NOT_FOUND or REQUEST_FINISHED. */
    public Future<Job> cancelRequest(String id) {
        return run("cancelRequest", () -> tables.clients.cancel(id));
    }

    /**
     * Removes a job's record. Its files follow when the discarded jobs are looked after.
     *
     * @return fails with REQUEST_NOT_FOUND or REQUEST_NOT_FINISHED
     */
    public Future<DiscardedJob> delete(String id) {
        return run("delete", () -> tables.clients.delete(id));
    }

    /** Claims the next job of these models, but none that failed here while another gateway could do it. */
    public Future<Optional<Job>> claim(String device, Collection<String> models) {
        return run("claim", () -> tables.attempts.claim(device, models, this::isServedElsewhere));
    }

    /** Says that the attempt is alive; returns whether the job's client asked for its end. */
    public Future<Boolean> renew(String id, int attempt) {
        return run("renew", () -> tables.attempts.renew(id, attempt));
    }

    /** Stores what an image was settled to, unless a former attempt did; returns what is stored. */
    public Future<EffectiveSettings> recordEffective(String id, int attempt, int index, EffectiveSettings settings) {
        return run("recordEffective", () -> tables.attempts.recordEffective(id, attempt, index, settings));
    }

    /** Stores the adapters' hashes, unless a former attempt did; returns what is stored. */
    public Future<List<String>> recordAdapters(String id, int attempt, List<String> sha256s) {
        return run("recordAdapters", () -> tables.attempts.recordAdapters(id, attempt, sha256s));
    }

    /** Stores a finished picture, unless a former call did. */
    public Future<Void> recordImage(String id, int attempt, OutputImage image) {
        return recordImage(id, attempt, image, List.of());
    }

    /** As {@link #recordImage(String, int, OutputImage)}, with what happened before it. */
    public Future<Void> recordImage(String id, int attempt, OutputImage image, List<JobEvent.Draft> before) {
        return execute("recordImage", () -> tables.attempts.recordImage(id, attempt, image, before));
    }

    /** Stores how far an attempt is, and what happened; returns whether the job's client asked for its end. */
    public Future<Boolean> recordProgress(String id, int attempt, JobProgress progress, List<JobEvent.Draft> events) {
        return run("recordProgress", () -> tables.attempts.recordProgress(id, attempt, progress, events));
    }

    /** Ends a job well. */
    public Future<Void> succeed(String id, int attempt, JobTimings timings) {
        return execute("succeed", () -> tables.attempts.succeed(id, attempt, timings));
    }

    /** Ends a job with an error. */
    public Future<Void> fail(String id, int attempt, JobError error) {
        return execute("fail", () -> tables.attempts.fail(id, attempt, error));
    }

    /** Ends a running job whose client asked for it. */
    public Future<Void> cancel(String id, int attempt) {
        return execute("cancel", () -> tables.attempts.cancel(id, attempt));
    }

    /** Puts a running job back into its place in the queue, because its device stops in good order. */
    public Future<Void> requeue(String id, int attempt) {
        return execute("requeue", () -> tables.attempts.requeue(id, attempt));
    }

    /** Requeues a job that failed by its worker's fault, or ends it when it has too often; returns where it is now. */
    public Future<JobState> requeueLost(String id, int attempt, JobError last) {
        return run("requeueLost", () -> tables.attempts.requeueLost(id, attempt, last));
    }

    /** Returns the ids of the jobs that this gateway holds. */
    public Future<List<String>> held() {
        return run("held", tables.held::ids);
    }

    /** Lets devices take a job that this gateway held; returns false when it has ended meanwhile. */
    public Future<Boolean> release(String id, List<String> sha256s) {
        return run("release", () -> tables.held.release(id, sha256s));
    }

    /** Ends a job that this gateway holds; returns false when it has ended meanwhile. */
    public Future<Boolean> failHeld(String id, JobError error) {
        return run("failHeld", () -> tables.held.fail(id, error));
    }

    /** Says that this gateway is there, which has to be repeated within each lease. */
    public Future<Void> register(GatewayInfo self) {
        return run("register", () -> tables.presence.register(self))
                .onSuccess(there -> live = there)
                .mapEmpty();
    }

    /** Says that this gateway leaves. */
    public Future<Void> leave() {
        return execute("leave", () -> tables.presence.leave(gateway));
    }

    /** Returns whether another gateway could do a model's jobs when this one registered last. */
    public boolean isServedElsewhere(String model) {
        return live.stream().anyMatch(other -> !other.id().equals(gateway) && other.canDo(model));
    }

    /** Returns the gateways that were there when this one registered last. */
    public List<GatewayInfo> gateways() {
        return live;
    }

    /** Ends the waiting jobs of a model that was taken away here, unless another gateway has it; returns how many. */
    public Future<Integer> abandon(String model) {
        return run("abandon", () -> tables.presence.abandon(gateway, model));
    }

    /** Looks after jobs whose time is over and jobs whose worker or gateway is gone; due every second. */
    Future<Void> sweep() {
        return execute("sweep", tables.sweep::run).onFailure(tables.sweep::missed);
    }

    /** Removes jobs that were kept long enough; due every 30 seconds. */
    public Future<Void> retire() {
        return execute("retire", tables.retention::run);
    }

    Future<List<DiscardedJob>> discarded(String after) {
        return run("discarded", () -> tables.retention.discarded(after));
    }

    /** Says that the files of a job whose record was removed are gone. */
    public Future<Void> forget(String id) {
        return execute("forget", () -> tables.retention.forget(id));
    }

    /** Counts what is there. */
    public Future<QueueSnapshot> snapshot() {
        return run("snapshot", () -> database.read(JobQueries::snapshot));
    }

    /** Returns the cause for which no job can be read or written at the moment, for operators; empty for none. */
    public Optional<String> problem() {
        return database.problem();
    }

    /** Waits for what is under way and lets the files go. */
    public Future<Void> close() {
        return threads.close(() -> {
            listener.ifPresent(PgListener::close);
            database.close();
            return null;
        });
    }

    private Future<Void> execute(String operation, Runnable statement) {
        return run(operation, () -> {
                    statement.run();
                    return operation;
                })
                .mapEmpty();
    }

    private <T> Future<T> run(String operation, Callable<T> statement) {
        return threads.run(operation, statement);
    }
}
