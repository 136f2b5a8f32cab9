package dev.atelier.gateway.job;

import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** What happened to jobs, numbered in the transaction in which it happened. */
final class EventTable {
    private static final String PREVIEW = "preview";

    private EventTable() {}

    static void append(Transaction transaction, String id, JobEvent.Type type, Map<String, Object> data) {
        if (data.containsKey(PREVIEW)) {
            dropPreviews(transaction, id);
        }
        transaction
                .update("UPDATE jobs SET last_event = last_event + 1 WHERE id = :id")
                .bind("id", id)
                .execute();
        transaction
                .update("INSERT INTO job_events (job_id, seq, type, at, data)"
                        + " SELECT id, last_event, :type, <now>, :data FROM jobs WHERE id = :id")
                .bind("id", id)
                .bind("type", type.name())
                .bind("data", JobJson.write(new TreeMap<>(data)))
                .execute();
        transaction.tell(Notice.job(id));
    }

    /** Previews are large, and no longer of use once there is a newer one. */
    private static void dropPreviews(Transaction transaction, String id) {
        transaction
                .update("UPDATE job_events SET data = <plain> WHERE job_id = :id AND type = 'STEP'"
                        + " AND data LIKE '%\"" + PREVIEW + "\":%'")
                .bind("id", id)
                .execute();
    }

    static List<JobEvent> after(Handle handle, String id, long seq, int limit) {
        return handle.createQuery("SELECT seq, type, at, data FROM job_events WHERE job_id = :id AND seq > :seq"
                        + " ORDER BY seq LIMIT :limit")
                .bind("id", id)
                .bind("seq", seq)
                .bind("limit", limit)
                .map((row, context) -> new JobEvent(
                        row.getLong("seq"),
                        JobEvent.Type.valueOf(row.getString("type")),
                        JobRows.instant(row.getLong("at")),
                        JobJson.readMap(row.getString("data"))))
                .list();
    }

    /** Ends a job, whose row the transaction holds: the one place where a job reaches a final state. */
    static void end(
            Transaction transaction,
            String id,
            JobState state,
            @Nullable JobError error,
            @Nullable JobTimings timings) {
        transaction
                .update("UPDATE jobs SET state = :state, owner = NULL, gateway = NULL, lease_until = NULL,"
                        + " held_by = NULL, progress = NULL, finished_at = <now>, error = :error, timings = :timings"
                        + " WHERE id = :id")
                .bind("id", id)
                .bind("state", state.name())
                .bind("error", error == null ? null : JobJson.write(error))
                .bind("timings", timings == null ? null : JobJson.write(timings))
                .execute();
        Map<String, Object> data = error == null
                ? Map.of("state", state.name())
                : Map.of("state", state.name(), "error_code", error.code().name(), "error", error.message());
        append(transaction, id, JobEvent.Type.FINISHED, data);
        transaction.ended(ended(transaction, id, state, error == null ? null : error.code()));
    }

    private static EndedJob ended(Transaction transaction, String id, JobState state, @Nullable ErrorCode code) {
        return transaction
                .query("SELECT model, finished_at - created_at AS total FROM jobs WHERE id = :id")
                .bind("id", id)
                .map((row, context) -> new EndedJob(
                        id,
                        row.getString("model"),
                        state,
                        code,
                        Duration.ofNanos(Math.multiplyExact(row.getLong("total"), 1000L))))
                .one();
    }

    /** Returns the failure of whoever asks for something that comes too late. */
    static PipelineException refusal(ErrorCode code, String message, String id) {
        return new PipelineException(code, message, Map.of("request_id", id), null);
    }
}
