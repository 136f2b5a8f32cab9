package dev.atelier.gateway.job;

import java.time.Duration;
import java.util.List;

/** How jobs that were kept long enough go, and their files after them. */
final class Retention {
    private static final int AT_ONCE = 100;

    private final Database database;
    private final Duration kept;

    Retention(Database database, Duration kept) {
        this.database = database;
        this.kept = kept;
    }

    /** Removes the records of jobs that ended long enough ago, and tombstones that stood long enough. */
    void run() {
        List<String> due;
        do {
            due = due();
            due.forEach(this::bury);
        } while (due.size() == AT_ONCE);
        database.change(transaction -> transaction
                .update("DELETE FROM tombstones WHERE expired_at <= <now> - :stood")
                .bind("stood", micros(StoreSettings.TOMBSTONES))
                .execute());
    }

    private List<String> due() {
        return database.read(
                handle -> handle.createQuery("SELECT id FROM jobs WHERE finished_at <= <now> - :kept LIMIT " + AT_ONCE)
                        .bind("kept", micros(kept))
                        .mapTo(String.class)
                        .list());
    }

    private void bury(String id) {
        database.change(transaction -> {
            boolean there = transaction
                    .query("SELECT id FROM jobs WHERE id = :id <locking>")
                    .bind("id", id)
                    .mapTo(String.class)
                    .findOne()
                    .isPresent();
            if (there) {
                transaction
                        .update("INSERT INTO tombstones (id, client, expired_at)"
                                + " SELECT id, client, <now> FROM jobs WHERE id = :id")
                        .bind("id", id)
                        .execute();
                ClientTable.discard(transaction, id);
            }
            return there;
        });
    }

    /**
     * Returns the next jobs after an id, by their ids, whose files may still be there; empty when there are no more.
     */
    List<DiscardedJob> discarded(String after) {
        return database.read(handle -> handle.createQuery("SELECT id, images, attempts FROM discarded_jobs"
                        + " WHERE id > :after ORDER BY id LIMIT " + AT_ONCE)
                .bind("after", after)
                .map(JobRows::discarded)
                .list());
    }

    void forget(String id) {
        database.change(transaction -> transaction
                .update("DELETE FROM discarded_jobs WHERE id = :id")
                .bind("id", id)
                .execute());
    }

    private static long micros(Duration duration) {
        return duration.toNanos() / 1000;
    }
}
