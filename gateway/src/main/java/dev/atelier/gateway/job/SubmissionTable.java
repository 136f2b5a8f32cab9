package dev.atelier.gateway.job;

import dev.atelier.gateway.job.JobTerms.Idempotency;
import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.Query;
import org.jspecify.annotations.Nullable;

/** How jobs join the queue. */
final class SubmissionTable {
    private static final int MEASURED_IMAGES = 20;
    private static final double UNMEASURED_SECONDS = 5;
    private static final int MOST_RETRY_SECONDS = 3600;

    private final Database database;
    private final int capacity;
    private final GatewayTable presence;

    SubmissionTable(Database database, int capacity, GatewayTable presence) {
        this.database = database;
        this.capacity = capacity;
        this.presence = presence;
    }

    Submitted insert(JobRequest request) {
        return database.change(transaction -> {
            transaction.lockQueue();
            Optional<Job> known = repeated(transaction, request.terms());
            return known.isPresent()
                    ? new Submitted(known.get(), true)
                    : new Submitted(insert(transaction, request), false);
        });
    }

    private Job insert(Transaction transaction, JobRequest request) {
        requireRoom(transaction, request);
        String id = UUID.randomUUID().toString();
        insertRow(transaction, request, id);
        EventTable.append(transaction, id, JobEvent.Type.QUEUED, Map.of("attempt", 0));
        transaction.tell(request.terms().heldBy() == null ? Notice.QUEUE : Notice.held(id));
        return JobQueries.submitted(transaction.handle(), id);
    }

    private static void insertRow(Transaction transaction, JobRequest request, String id) {
        JobTerms terms = request.terms();
        Idempotency idempotency = terms.idempotency();
        transaction
                .update("INSERT INTO jobs (id, model, state, request, created_at, client, priority, turn, images,"
                        + " idempotency_key, idempotency_body, held_by, expires_at)"
                        + " VALUES (:id, :model, 'QUEUED', :request, <now>, :client, :priority, :turn, :images,"
                        + " :key, :body, :held, <now> + :wait)")
                .bind("id", id)
                .bind("model", request.model())
                .bind("request", JobJson.write(request))
                .bind("client", terms.owner())
                .bind("priority", terms.priority())
                .bind("turn", turn(transaction, terms))
                .bind("images", request.plans().size())
                .bind("key", idempotency == null ? null : idempotency.key())
                .bind("body", idempotency == null ? null : idempotency.bodySha256())
                .bind("held", terms.heldBy())
                .bind(
                        "wait",
                        terms.expiresIn() == null
                                ? null
                                : (Long) (terms.expiresIn().toNanos() / 1000))
                .execute();
    }

    // Whose turn it is: a client's jobs get ascending turns, and a client that comes late begins at the turn that is
    // drawn now, so that each client has one job in each turn.
    private static long turn(Transaction transaction, JobTerms terms) {
        return transaction
                .query("SELECT max(CASE WHEN coalesce(client, '') = :client THEN turn END) AS own, min(turn) AS least"
                        + " FROM jobs WHERE state IN ('QUEUED', 'RUNNING') AND priority = :priority")
                .bind("client", terms.owner() == null ? "" : terms.owner())
                .bind("priority", terms.priority())
                .map((row, context) -> {
                    long own = row.getLong("own");
                    long next = row.wasNull() ? 0 : own + 1;
                    return Math.max(next, row.getLong("least")); // 0 where there is none
                })
                .one();
    }

    private static Optional<Job> repeated(Transaction transaction, JobTerms terms) {
        Idempotency idempotency = terms.idempotency();
        return idempotency == null ? Optional.empty() : repeated(transaction.handle(), terms.owner(), idempotency);
    }

    static Optional<Job> repeated(Handle handle, @Nullable String owner, Idempotency idempotency) {
        return handle.createQuery("SELECT id, idempotency_body FROM jobs"
                        + " WHERE idempotency_key = :key AND coalesce(client, '') = :client")
                .bind("key", idempotency.key())
                .bind("client", owner == null ? "" : owner)
                .map((row, context) -> Map.entry(row.getString("id"), row.getString("idempotency_body")))
                .findOne()
                .map(known -> sameBody(known, idempotency))
                .flatMap(id -> JobQueries.find(handle, id));
    }

    private static String sameBody(Map.Entry<String, String> known, Idempotency idempotency) {
        if (!known.getValue().equals(idempotency.bodySha256())) {
            throw EventTable.refusal(
                    ErrorCode.IDEMPOTENCY_CONFLICT, "The Idempotency-Key was used for another request", known.getKey());
        }
        return known.getKey();
    }

    private void requireRoom(Transaction transaction, JobRequest request) {
        int more = request.plans().size();
        JobTerms terms = request.terms();
        requireRoom(transaction, "The queue is full", more, capacity, null);
        Integer share = terms.ownerCapacity();
        if (share != null && terms.owner() != null) {
            requireRoom(transaction, "The key's share of the queue is full", more, share, terms.owner());
        }
    }

    private void requireRoom(Transaction transaction, String message, int more, int most, @Nullable String client) {
        int depth = depth(transaction, client);
        if (depth + more > most) {
            double seconds = secondsPerImage(transaction) * (depth + more - most);
            int retry = (int) Math.ceil(Math.min(Math.max(1, seconds), MOST_RETRY_SECONDS));
            throw new PipelineException(
                    ErrorCode.QUEUE_FULL,
                    message + ": " + depth + " of " + most + " images wait",
                    Map.of("depth", depth, "capacity", most, "retry_after_seconds", retry),
                    null);
        }
    }

    private static int depth(Transaction transaction, @Nullable String client) {
        String whose = client == null ? "" : " AND client = :client";
        Query query = transaction.query("SELECT coalesce(sum(images), 0) FROM jobs WHERE state = 'QUEUED'" + whose);
        return (client == null ? query : query.bind("client", client))
                .mapTo(Integer.class)
                .one();
    }

    /** Returns how long one of the latest pictures took, shared by the devices that are there. */
    private double secondsPerImage(Transaction transaction) {
        double seconds = transaction
                .query("SELECT avg(seconds) FROM (SELECT seconds FROM job_images WHERE drawn_at IS NOT NULL"
                        + " ORDER BY drawn_at DESC LIMIT :images) AS latest")
                .bind("images", MEASURED_IMAGES)
                .mapTo(Double.class)
                .findOne()
                .orElse(UNMEASURED_SECONDS);
        return seconds / Math.max(1, presence.devices(transaction));
    }
}
