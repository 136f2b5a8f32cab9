package dev.atelier.gateway.job;

import dev.atelier.plugin.EffectiveSettings;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * Every job there is, and the queue: devices claim from it in submission order. Each change of state is one
 * transaction. Safe from any thread; nothing of it runs on an event loop.
 */
public final class JobStore {
    /** The event bus address on which a submission wakes idle devices; the body is the model id. */
    public static final String WAKE_UP = "atelier.jobs.queued";

    private JobStore() {}

    /**
     * Opens the store in a folder, creating it where it is not there, and puts jobs that a former process left running
     * back into the queue.
     *
     * @return fails when another process has it open
     */
    public static Future<JobStore> open(Vertx vertx, Path dataDir) {
        throw new UnsupportedOperationException();
    }

    /** Stores a new job at the end of the queue; once this succeeds, no restart forgets it. */
    public Future<Job> submit(JobRequest request) {
        throw new UnsupportedOperationException();
    }

    /** Looks a job up; any text is allowed. */
    public Future<Optional<Job>> find(String id) {
        throw new UnsupportedOperationException();
    }

    /** Takes the oldest waiting job of these models for a device. */
    public Future<Optional<Job>> claim(String owner, Collection<String> models) {
        throw new UnsupportedOperationException();
    }

    /** Says that the attempt is alive; fails with {@link StaleAttemptException} when it is not. */
    public Future<Void> renew(String id, int attempt) {
        throw new UnsupportedOperationException();
    }

    /** Stores what an image was settled to, unless a former attempt did; returns what is stored. */
    public Future<EffectiveSettings> recordEffective(String id, int attempt, int index, EffectiveSettings settings) {
        throw new UnsupportedOperationException();
    }

    /** Stores the adapters' hashes, unless a former attempt did; returns what is stored. */
    public Future<List<String>> recordAdapters(String id, int attempt, List<String> sha256s) {
        throw new UnsupportedOperationException();
    }

    /** Stores a finished picture. */
    public Future<Void> recordImage(String id, int attempt, OutputImage image) {
        throw new UnsupportedOperationException();
    }

    /** Ends a job well. */
    public Future<Void> succeed(String id, int attempt, JobTimings timings) {
        throw new UnsupportedOperationException();
    }

    /** Ends a job with an error. */
    public Future<Void> fail(String id, int attempt, JobError error) {
        throw new UnsupportedOperationException();
    }

    /** Ends a running job because its client asked for it. */
    public Future<Void> cancel(String id, int attempt) {
        throw new UnsupportedOperationException();
    }

    /** Counts what is there. */
    public Future<QueueSnapshot> snapshot() {
        throw new UnsupportedOperationException();
    }

    /** Lets the files go. */
    public Future<Void> close() {
        throw new UnsupportedOperationException();
    }
}
