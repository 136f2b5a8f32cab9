package dev.atelier.gateway.job;

import dev.atelier.plugin.EffectiveSettings;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * Every job there is, and the queue: devices claim from it in submission order. Each change of state is one
 * transaction, allowed only from the states that precede it; what names an attempt fails with
 * {@link StaleAttemptException} once the job is not running under it any more. Safe from any thread; nothing of it runs
 * on an event loop.
 */
public final class JobStore {
    /** The event bus address on which a job that joins the queue wakes idle devices; the body is empty. */
    public static final String WAKE_UP = "atelier.jobs.queued";

    private static final int THREADS = 4;

    private final Vertx vertx;
    private final WorkerExecutor executor;
    private final StoreObserver observer;
    private final Database database;
    private final JobTable table;

    // Held for reading by each statement, so that closing can wait for those under way.
    private final ReadWriteLock open = new ReentrantReadWriteLock();

    private JobStore(Vertx vertx, WorkerExecutor executor, StoreObserver observer, Database database) {
        this.vertx = vertx;
        this.executor = executor;
        this.observer = observer;
        this.database = database;
        this.table = new JobTable(database.jdbi());
    }

    /** Opens a store that nobody observes; see {@link #open(Vertx, Path, StoreObserver)}. */
    public static Future<JobStore> open(Vertx vertx, Path dataDir) {
        return open(vertx, dataDir, (operation, succeeded) -> {});
    }

    /**
     * Opens the store in a folder, creating it where it is not there, and puts jobs that a former process left running
     * back into the queue.
     *
     * @return fails when another process has it open
     */
    public static Future<JobStore> open(Vertx vertx, Path dataDir, StoreObserver observer) {
        WorkerExecutor executor = vertx.createSharedWorkerExecutor("atelier-store", THREADS, 1, TimeUnit.MINUTES);
        Future<JobStore> opened = executor.executeBlocking(
                () -> new JobStore(vertx, executor, observer, Database.open(dataDir, THREADS)), false);
        return opened.compose(store -> store.requeueRunning().map(store)).onFailure(e -> executor.close());
    }

    /** Stores a new job at the end of the queue; once this succeeds, no restart forgets it. */
    public Future<Job> submit(JobRequest request) {
        return run("submit", () -> table.insert(request)).onSuccess(job -> wakeUp());
    }

    /** Looks a job up; any text is allowed. */
    public Future<Optional<Job>> find(String id) {
        return run("find", () -> table.find(id));
    }

    /** Takes the oldest waiting job of these models for a device. */
    public Future<Optional<Job>> claim(String owner, Collection<String> models) {
        return run("claim", () -> table.claim(owner, models));
    }

    /** Says that the attempt is alive. */
    public Future<Void> renew(String id, int attempt) {
        return execute("renew", () -> table.renew(id, attempt));
    }

    /** Stores what an image was settled to, unless a former attempt did; returns what is stored. */
    public Future<EffectiveSettings> recordEffective(String id, int attempt, int index, EffectiveSettings settings) {
        return run("recordEffective", () -> table.recordEffective(id, attempt, index, settings));
    }

    /** Stores the adapters' hashes, unless a former attempt did; returns what is stored. */
    public Future<List<String>> recordAdapters(String id, int attempt, List<String> sha256s) {
        return run("recordAdapters", () -> table.recordAdapters(id, attempt, sha256s));
    }

    /** Stores a finished picture. */
    public Future<Void> recordImage(String id, int attempt, OutputImage image) {
        return execute("recordImage", () -> table.recordImage(id, attempt, image));
    }

    /** Ends a job well. */
    public Future<Void> succeed(String id, int attempt, JobTimings timings) {
        return execute("succeed", () -> table.succeed(id, attempt, timings));
    }

    /** Ends a job with an error. */
    public Future<Void> fail(String id, int attempt, JobError error) {
        return execute("fail", () -> table.fail(id, attempt, error));
    }

    /** Ends a running job because its client asked for it. */
    public Future<Void> cancel(String id, int attempt) {
        return execute("cancel", () -> table.cancel(id, attempt));
    }

    /** Puts a running job back into its place in the queue, because its device stops in good order. */
    public Future<Void> requeue(String id, int attempt) {
        return execute("requeue", () -> table.requeue(id, attempt)).onSuccess(done -> wakeUp());
    }

    /**
     * Puts a running job back into its place in the queue, because its device died, or ends it with an error when this
     * has happened to it too often: it may be what kills devices.
     *
     * @param most how many losses end the job
     * @return where the job is now
     */
    public Future<JobState> requeueLost(String id, int attempt, int most, JobError otherwise) {
        return run("requeueLost", () -> table.requeueLost(id, attempt, most, otherwise))
                .onSuccess(state -> wakeUp());
    }

    /** Puts all running jobs back: right only while no device of any process works. */
    private Future<Integer> requeueRunning() {
        return run("requeueRunning", table::requeueRunning);
    }

    /** Counts what is there. */
    public Future<QueueSnapshot> snapshot() {
        return run("snapshot", table::snapshot);
    }

    /** Waits for what is under way and lets the files go. */
    public Future<Void> close() {
        Future<Void> closed = executor.executeBlocking(
                () -> {
                    open.writeLock().lock();
                    try {
                        database.close();
                        return null;
                    } finally {
                        open.writeLock().unlock();
                    }
                },
                false);
        return closed.eventually(executor::close);
    }

    private void wakeUp() {
        vertx.eventBus().publish(WAKE_UP, null);
    }

    private Future<Void> execute(String operation, Runnable statement) {
        return run(operation, () -> {
                    statement.run();
                    return operation;
                })
                .mapEmpty();
    }

    private <T> Future<T> run(String operation, Callable<T> statement) {
        Future<T> result = offEventLoop(() -> {
            open.readLock().lock();
            try {
                return statement.call();
            } finally {
                open.readLock().unlock();
            }
        });
        return result.onComplete(done ->
                observer.observed(operation, done.succeeded() || done.cause() instanceof StaleAttemptException));
    }

    // Once Vert.x has closed the threads, asking for one throws: to callers that is a failure like others.
    private <T> Future<T> offEventLoop(Callable<T> task) {
        try {
            return executor.executeBlocking(task, false);
        } catch (IllegalStateException | RejectedExecutionException e) {
            return Future.failedFuture(e);
        }
    }
}
