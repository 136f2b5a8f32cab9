package dev.atelier.gateway.job;

import dev.atelier.plugin.EffectiveSettings;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.statement.Update;

/** The statements behind {@link JobStore}; each method is one transaction and blocks. */
final class JobTable {
    private static final String RUNNING_ATTEMPT = " WHERE id = :id AND attempt = :attempt AND state = 'RUNNING'";

    private final Jdbi jdbi;

    JobTable(Jdbi jdbi) {
        this.jdbi = jdbi;
    }

    Job insert(JobRequest request) {
        String id = UUID.randomUUID().toString();
        jdbi.useTransaction(handle -> handle.createUpdate("INSERT INTO jobs (id, model, state, request, created_at)"
                        + " VALUES (:id, :model, 'QUEUED', :request, :now)")
                .bind("id", id)
                .bind("model", request.model())
                .bind("request", JobJson.write(request))
                .bind("now", now())
                .execute());
        return find(id).orElseThrow();
    }

    Optional<Job> find(String id) {
        return jdbi.withHandle(handle -> find(handle, id));
    }

    // The job's row comes first: what its state promises about the images is then true of what is read after it.
    private static Optional<Job> find(Handle handle, String id) {
        return handle.createQuery("SELECT * FROM jobs WHERE id = :id")
                .bind("id", id)
                .map(JobRows::job)
                .findOne()
                .map(job -> JobRows.withImages(job, images(handle, id)));
    }

    private static List<JobRows.ImageRow> images(Handle handle, String id) {
        return handle.createQuery("SELECT image_index, effective, output FROM job_images WHERE job_id = :id"
                        + " ORDER BY image_index")
                .bind("id", id)
                .map(JobRows::image)
                .list();
    }

    Optional<Job> claim(String owner, Collection<String> models) {
        if (models.isEmpty()) {
            return Optional.empty();
        }
        return jdbi.inTransaction(handle -> {
            Optional<String> next = handle.createQuery(
                            "SELECT id FROM jobs WHERE state = 'QUEUED' AND model IN (<models>) ORDER BY seq LIMIT 1")
                    .bindList("models", List.copyOf(models))
                    .mapTo(String.class)
                    .findOne();
            next.ifPresent(id -> markRunning(handle, id, owner));
            return next.flatMap(id -> find(handle, id));
        });
    }

    private static void markRunning(Handle handle, String id, String owner) {
        handle.createUpdate("UPDATE jobs SET state = 'RUNNING', attempt = attempt + 1, owner = :owner,"
                        + " started_at = coalesce(started_at, :now), renewed_at = :now"
                        + " WHERE id = :id AND state = 'QUEUED'")
                .bind("id", id)
                .bind("owner", owner)
                .bind("now", now())
                .execute();
    }

    void renew(String id, int attempt) {
        jdbi.useTransaction(handle -> touch(handle, id, attempt));
    }

    EffectiveSettings recordEffective(String id, int attempt, int index, EffectiveSettings settings) {
        return jdbi.inTransaction(handle -> {
            touch(handle, id, attempt);
            handle.createUpdate("INSERT INTO job_images (job_id, image_index, effective) VALUES (:id, :index, :json)"
                            + " ON CONFLICT (job_id, image_index) DO NOTHING")
                    .bind("id", id)
                    .bind("index", index)
                    .bind("json", JobJson.write(settings))
                    .execute();
            return images(handle, id).stream()
                    .filter(row -> row.index() == index)
                    .findFirst()
                    .orElseThrow()
                    .effective();
        });
    }

    List<String> recordAdapters(String id, int attempt, List<String> sha256s) {
        return jdbi.inTransaction(handle -> {
            fenced(
                    id,
                    attempt,
                    handle.createUpdate("UPDATE jobs SET adapter_hashes = coalesce(adapter_hashes, :hashes),"
                                    + " renewed_at = :now" + RUNNING_ATTEMPT)
                            .bind("hashes", JobJson.write(sha256s))
                            .bind("now", now()));
            return find(handle, id).orElseThrow().adapterHashes();
        });
    }

    void recordImage(String id, int attempt, OutputImage image) {
        jdbi.useTransaction(handle -> {
            touch(handle, id, attempt);
            handle.createUpdate("INSERT INTO job_images (job_id, image_index, effective, output)"
                            + " VALUES (:id, :index, :effective, :output)"
                            + " ON CONFLICT (job_id, image_index) DO UPDATE SET output = excluded.output")
                    .bind("id", id)
                    .bind("index", image.index())
                    .bind("effective", JobJson.write(image.effective()))
                    .bind("output", JobJson.write(image))
                    .execute();
        });
    }

    void succeed(String id, int attempt, JobTimings timings) {
        finish(id, attempt, JobState.SUCCEEDED, "timings", JobJson.write(timings));
    }

    void fail(String id, int attempt, JobError error) {
        finish(id, attempt, JobState.FAILED, "error", JobJson.write(error));
    }

    private void finish(String id, int attempt, JobState state, String column, String json) {
        jdbi.useTransaction(handle -> fenced(
                id,
                attempt,
                handle.createUpdate("UPDATE jobs SET state = :state, owner = NULL, finished_at = :now, " + column
                                + " = :json" + RUNNING_ATTEMPT)
                        .bind("state", state.name())
                        .bind("now", now())
                        .bind("json", json)));
    }

    void cancel(String id, int attempt) {
        jdbi.useTransaction(handle -> fenced(
                id,
                attempt,
                handle.createUpdate("UPDATE jobs SET state = 'CANCELED', owner = NULL, finished_at = :now"
                                + RUNNING_ATTEMPT)
                        .bind("now", now())));
    }

    void requeue(String id, int attempt) {
        jdbi.useTransaction(handle -> fenced(
                id, attempt, handle.createUpdate("UPDATE jobs SET state = 'QUEUED', owner = NULL" + RUNNING_ATTEMPT)));
    }

    JobState requeueLost(String id, int attempt, int most, JobError otherwise) {
        return jdbi.inTransaction(handle -> {
            fenced(
                    id,
                    attempt,
                    handle.createUpdate("UPDATE jobs SET losses = losses + 1, owner = NULL,"
                                    + " state = CASE WHEN losses + 1 < :most THEN 'QUEUED' ELSE 'FAILED' END,"
                                    + " error = CASE WHEN losses + 1 < :most THEN NULL ELSE :error END,"
                                    + " finished_at = CASE WHEN losses + 1 < :most THEN NULL ELSE :now END"
                                    + RUNNING_ATTEMPT)
                            .bind("most", most)
                            .bind("error", JobJson.write(otherwise))
                            .bind("now", now()));
            return find(handle, id).orElseThrow().state();
        });
    }

    int requeueRunning() {
        return jdbi.inTransaction(handle -> handle.execute(
                "UPDATE jobs SET state = 'QUEUED', owner = NULL, losses = losses + 1 WHERE state = 'RUNNING'"));
    }

    QueueSnapshot snapshot() {
        return jdbi.withHandle(handle -> {
            Map<JobState, Long> counts = new EnumMap<>(JobState.class);
            for (JobState state : JobState.values()) {
                counts.put(state, 0L);
            }
            handle.createQuery("SELECT state, count(*) AS jobs FROM jobs GROUP BY state")
                    .map((row, context) -> Map.entry(JobState.valueOf(row.getString("state")), row.getLong("jobs")))
                    .forEach(entry -> counts.put(entry.getKey(), entry.getValue()));
            return new QueueSnapshot(counts, oldestQueued(handle).orElse(null));
        });
    }

    private static Optional<Instant> oldestQueued(Handle handle) {
        return handle.createQuery("SELECT created_at FROM jobs WHERE state = 'QUEUED' ORDER BY seq LIMIT 1")
                .mapTo(Long.class)
                .findOne()
                .map(JobRows::instant);
    }

    private static void touch(Handle handle, String id, int attempt) {
        fenced(
                id,
                attempt,
                handle.createUpdate("UPDATE jobs SET renewed_at = :now" + RUNNING_ATTEMPT)
                        .bind("now", now()));
    }

    private static void fenced(String id, int attempt, Update update) {
        if (update.bind("id", id).bind("attempt", attempt).execute() == 0) {
            throw new StaleAttemptException(id, attempt);
        }
    }

    private static long now() {
        return ChronoUnit.MICROS.between(Instant.EPOCH, Instant.now());
    }
}
