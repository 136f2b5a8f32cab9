package dev.atelier.gateway.job;

import dev.atelier.plugin.ErrorCode;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** How a running job comes back to its place in the queue. Whoever asks holds the job's row. */
final class LostJobs {
    private LostJobs() {}

    /** Puts a job back whose worker stops in good order; one whose client asked for its end, ends. */
    static JobState putBack(Transaction transaction, String id) {
        return putBack(transaction, id, row(transaction, id), null);
    }

    /** Puts a job back whose worker is gone, or ends it when that happened too often: it may be what kills workers. */
    static JobState putBackLost(Transaction transaction, String id, int most, JobError last) {
        Row row = row(transaction, id);
        if (!row.cancelRequested() && row.losses() + 1 >= most) {
            EventTable.end(transaction, id, JobState.FAILED, last, null);
            return JobState.FAILED;
        }
        return putBack(transaction, id, row, last.code());
    }

    /** Returns what a job ends with whose workers vanished without a word. */
    static JobError vanished(int most) {
        return new JobError(
                ErrorCode.WORKER_LOST,
                "The job lost its worker " + most + " times; it may be what ends them",
                Map.of("attempts", most));
    }

    // The gateway's id stays beside a job that failed by its worker's fault: that gateway lets others claim it first.
    private static JobState putBack(Transaction transaction, String id, Row row, @Nullable ErrorCode fault) {
        if (row.cancelRequested()) {
            EventTable.end(transaction, id, JobState.CANCELED, null, null);
            return JobState.CANCELED;
        }
        transaction
                .update("UPDATE jobs SET state = 'QUEUED', owner = NULL, lease_until = NULL, progress = NULL,"
                        + (fault == null ? " gateway = NULL" : " losses = losses + 1")
                        + " WHERE id = :id")
                .bind("id", id)
                .execute();
        EventTable.append(transaction, id, JobEvent.Type.QUEUED, Map.of("attempt", row.attempt()));
        transaction.tell(Notice.QUEUE);
        transaction.requeued(fault);
        return JobState.QUEUED;
    }

    private record Row(int attempt, int losses, boolean cancelRequested) {}

    private static Row row(Transaction transaction, String id) {
        return transaction
                .query("SELECT attempt, losses, cancel_requested FROM jobs WHERE id = :id")
                .bind("id", id)
                .map((row, context) ->
                        new Row(row.getInt("attempt"), row.getInt("losses"), row.getInt("cancel_requested") != 0))
                .one();
    }
}
