package dev.atelier.gateway.job;

import dev.atelier.plugin.ErrorCode;
import org.jdbi.v3.core.Handle;

/** What clients change of jobs that are there. */
final class ClientTable {
    private final Database database;

    ClientTable(Database database) {
        this.database = database;
    }

    Job cancel(String id) {
        return database.change(transaction -> {
            JobState state = locked(transaction, id);
            if (state.isFinal()) {
                throw EventTable.refusal(ErrorCode.REQUEST_FINISHED, "Request " + id + " has finished", id);
            }
            if (state == JobState.QUEUED) {
                EventTable.end(transaction, id, JobState.CANCELED, null, null);
            } else {
                transaction
                        .update("UPDATE jobs SET cancel_requested = 1 WHERE id = :id")
                        .bind("id", id)
                        .execute();
                transaction.tell(Notice.cancel(id));
            }
            return JobQueries.find(transaction.handle(), id).orElseThrow();
        });
    }

    DiscardedJob delete(String id) {
        return database.change(transaction -> {
            if (!locked(transaction, id).isFinal()) {
                throw EventTable.refusal(ErrorCode.REQUEST_NOT_FINISHED, "Request " + id + " has not finished", id);
            }
            return discard(transaction, id);
        });
    }

    /** Removes a job's rows and notes that its files are to go; the transaction holds the row. */
    static DiscardedJob discard(Transaction transaction, String id) {
        transaction
                .update("INSERT INTO discarded_jobs (id, images, attempts)"
                        + " SELECT id, images, attempt FROM jobs WHERE id = :id")
                .bind("id", id)
                .execute();
        DiscardedJob discarded = discarded(transaction.handle(), id);
        transaction.update("DELETE FROM jobs WHERE id = :id").bind("id", id).execute();
        transaction.tell(Notice.job(id));
        return discarded;
    }

    private static DiscardedJob discarded(Handle handle, String id) {
        return handle.createQuery("SELECT id, images, attempts FROM discarded_jobs WHERE id = :id")
                .bind("id", id)
                .map(JobRows::discarded)
                .one();
    }

    // An update is what both databases hold a row by until the transaction ends.
    private static JobState locked(Transaction transaction, String id) {
        transaction
                .update("UPDATE jobs SET cancel_requested = cancel_requested WHERE id = :id")
                .bind("id", id)
                .execute();
        return transaction
                .query("SELECT state FROM jobs WHERE id = :id")
                .bind("id", id)
                .mapTo(JobState.class)
                .findOne()
                .orElseThrow(() -> EventTable.refusal(ErrorCode.REQUEST_NOT_FOUND, "Request not found: " + id, id));
    }
}
