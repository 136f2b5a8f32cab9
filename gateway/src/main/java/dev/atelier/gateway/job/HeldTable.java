package dev.atelier.gateway.job;

import java.util.List;

/** Jobs that a gateway holds back until it has fetched what only it can fetch. */
final class HeldTable {
    private static final String OURS = " held_by = :gateway AND state = 'QUEUED'";
    private static final String HELD = " WHERE id = :id AND" + OURS;

    private final Database database;
    private final String gateway;

    HeldTable(Database database, String gateway) {
        this.database = database;
        this.gateway = gateway;
    }

    List<String> ids() {
        return database.read(handle -> handle.createQuery("SELECT id FROM jobs WHERE" + OURS)
                .bind("gateway", gateway)
                .mapTo(String.class)
                .list());
    }

    /** Lets devices take a job, with the hashes of its adapters; returns false when it has ended meanwhile. */
    boolean release(String id, List<String> sha256s) {
        return database.change(transaction -> {
            int released = transaction
                    .update("UPDATE jobs SET held_by = NULL, adapter_hashes = :hashes" + HELD)
                    .bind("id", id)
                    .bind("gateway", gateway)
                    .bind("hashes", JobJson.write(sha256s))
                    .execute();
            if (released > 0) {
                transaction.tell(Notice.QUEUE);
            }
            return released > 0;
        });
    }

    /** Ends a job that cannot be released; returns false when it has ended meanwhile. */
    boolean fail(String id, JobError error) {
        return database.change(transaction -> {
            int held = transaction
                    .update("UPDATE jobs SET held_by = held_by" + HELD)
                    .bind("id", id)
                    .bind("gateway", gateway)
                    .execute();
            if (held > 0) {
                EventTable.end(transaction, id, JobState.FAILED, error, null);
            }
            return held > 0;
        });
    }
}
