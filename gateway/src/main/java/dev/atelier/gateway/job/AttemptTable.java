package dev.atelier.gateway.job;

import dev.atelier.plugin.EffectiveSettings;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jdbi.v3.core.statement.Query;

/**
 * What attempts at jobs change; each method is one transaction and blocks. All but the claim begin by renewing the
 * lease, which fails with {@link StaleAttemptException} once the job is not running under the attempt any more, and
 * holds the job's row until the transaction ends.
 */
final class AttemptTable {
    private final Database database;
    private final StoreSettings settings;
    private final String gateway;

    AttemptTable(Database database, StoreSettings settings, String gateway) {
        this.database = database;
        this.settings = settings;
        this.gateway = gateway;
    }

    /**
     * Claims the next job.
     *
     * @param isServedElsewhere tells the models whose jobs another gateway could do: those that failed here are left to
     *     it
     */
    Optional<Job> claim(String device, Collection<String> models, Predicate<String> isServedElsewhere) {
        List<String> elsewhere = models.stream().filter(isServedElsewhere).toList();
        if (models.isEmpty() || !isAnyClaimable(models, elsewhere)) {
            return Optional.empty();
        }
        return database.change(transaction -> {
            Optional<String> next = claimable(transaction::query, "<locking>", models, elsewhere);
            next.ifPresent(id -> start(transaction, id, device));
            return next.flatMap(id -> JobQueries.find(transaction.handle(), id));
        });
    }

    // Looks first: idle devices must not take the writers' turn.
    private boolean isAnyClaimable(Collection<String> models, Collection<String> elsewhere) {
        return database.read(
                handle -> claimable(handle::createQuery, "", models, elsewhere).isPresent());
    }

    private Optional<String> claimable(
            Function<String, Query> queries, String lock, Collection<String> models, Collection<String> elsewhere) {
        Query query = queries.apply(
                        "SELECT id FROM jobs WHERE " + JobQueries.claimable(!elsewhere.isEmpty()) + " LIMIT 1 " + lock)
                .bindList("models", List.copyOf(models));
        if (!elsewhere.isEmpty()) {
            query.bindList("elsewhere", List.copyOf(elsewhere)).bind("gateway", gateway);
        }
        return query.mapTo(String.class).findOne();
    }

    private void start(Transaction transaction, String id, String device) {
        transaction
                .update("UPDATE jobs SET state = 'RUNNING', attempt = attempt + 1, owner = :device, gateway = :gateway,"
                        + " started_at = coalesce(started_at, <now>), lease_until = <now> + :lease"
                        + " WHERE id = :id")
                .bind("id", id)
                .bind("device", device)
                .bind("gateway", gateway)
                .bind("lease", lease())
                .execute();
        int attempt = transaction
                .query("SELECT attempt FROM jobs WHERE id = :id")
                .bind("id", id)
                .mapTo(Integer.class)
                .one();
        EventTable.append(transaction, id, JobEvent.Type.STARTED, Map.of("attempt", attempt));
    }

    /** Returns whether the job's client asked for its end. */
    boolean renew(String id, int attempt) {
        return database.change(transaction -> fence(transaction, id, attempt));
    }

    EffectiveSettings recordEffective(String id, int attempt, int index, EffectiveSettings effective) {
        return database.change(transaction -> {
            fence(transaction, id, attempt);
            transaction
                    .update("INSERT INTO job_images (job_id, image_index, effective) VALUES (:id, :index, :json)"
                            + " ON CONFLICT (job_id, image_index) DO NOTHING")
                    .bind("id", id)
                    .bind("index", index)
                    .bind("json", JobJson.write(effective))
                    .execute();
            return JobQueries.images(transaction.handle(), List.of(id)).stream()
                    .filter(row -> row.index() == index)
                    .findFirst()
                    .orElseThrow()
                    .effective();
        });
    }

    List<String> recordAdapters(String id, int attempt, List<String> sha256s) {
        return database.change(transaction -> {
            fence(transaction, id, attempt);
            transaction
                    .update("UPDATE jobs SET adapter_hashes = coalesce(adapter_hashes, :hashes) WHERE id = :id")
                    .bind("id", id)
                    .bind("hashes", JobJson.write(sha256s))
                    .execute();
            return JobQueries.find(transaction.handle(), id).orElseThrow().adapterHashes();
        });
    }

    /** Stores a picture; doing so again, because nobody knows whether it was stored, changes nothing. */
    void recordImage(String id, int attempt, OutputImage image, List<JobEvent.Draft> before) {
        change(id, attempt, transaction -> {
            int stored = transaction
                    .update("INSERT INTO job_images (job_id, image_index, effective, output, seconds, drawn_at)"
                            + " VALUES (:id, :index, :effective, :output, :seconds, <now>)"
                            + " ON CONFLICT (job_id, image_index) DO UPDATE SET output = excluded.output,"
                            + " seconds = excluded.seconds, drawn_at = excluded.drawn_at"
                            + " WHERE job_images.output IS NULL")
                    .bind("id", id)
                    .bind("index", image.index())
                    .bind("effective", JobJson.write(image.effective()))
                    .bind("output", JobJson.write(image))
                    .bind("seconds", image.generateSeconds() + image.saveSeconds())
                    .execute();
            if (stored > 0) {
                before.forEach(event -> EventTable.append(transaction, id, event.type(), event.data()));
                EventTable.append(transaction, id, JobEvent.Type.IMAGE, Map.of("image", image.index()));
            }
        });
    }

    /** Returns whether the job's client asked for its end. */
    boolean recordProgress(String id, int attempt, JobProgress progress, List<JobEvent.Draft> events) {
        return database.change(transaction -> {
            boolean cancelRequested = fence(transaction, id, attempt);
            transaction
                    .update("UPDATE jobs SET progress = :progress WHERE id = :id")
                    .bind("id", id)
                    .bind("progress", JobJson.write(progress))
                    .execute();
            events.forEach(event -> EventTable.append(transaction, id, event.type(), event.data()));
            return cancelRequested;
        });
    }

    void succeed(String id, int attempt, JobTimings timings) {
        change(id, attempt, transaction -> EventTable.end(transaction, id, JobState.SUCCEEDED, null, timings));
    }

    void fail(String id, int attempt, JobError error) {
        change(id, attempt, transaction -> EventTable.end(transaction, id, JobState.FAILED, error, null));
    }

    void cancel(String id, int attempt) {
        change(id, attempt, transaction -> EventTable.end(transaction, id, JobState.CANCELED, null, null));
    }

    void requeue(String id, int attempt) {
        change(id, attempt, transaction -> LostJobs.putBack(transaction, id));
    }

    JobState requeueLost(String id, int attempt, JobError last) {
        return database.change(transaction -> {
            fence(transaction, id, attempt);
            return LostJobs.putBackLost(transaction, id, settings.maxAttempts(), last);
        });
    }

    private void change(String id, int attempt, Consumer<Transaction> statements) {
        database.change(transaction -> {
            fence(transaction, id, attempt);
            statements.accept(transaction);
            return id;
        });
    }

    /** Returns whether the job's client asked for its end. */
    private boolean fence(Transaction transaction, String id, int attempt) {
        return transaction
                .query("UPDATE jobs SET lease_until = <now> + :lease"
                        + " WHERE id = :id AND attempt = :attempt AND state = 'RUNNING' RETURNING cancel_requested")
                .bind("id", id)
                .bind("attempt", attempt)
                .bind("lease", lease())
                .mapTo(Integer.class)
                .findOne()
                .map(requested -> requested != 0)
                .orElseThrow(() -> new StaleAttemptException(id, attempt));
    }

    private long lease() {
        return settings.lease().toNanos() / 1000;
    }
}
