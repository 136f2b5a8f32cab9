package dev.atelier.gateway.job;

import dev.atelier.plugin.ErrorCode;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.BiConsumer;
import org.jdbi.v3.core.statement.Query;

/**
 * What has to be done when nobody asks for it: any gateway does it, and it does not matter how many do. Each job is one
 * transaction, and a job that another gateway is at is passed over.
 */
final class Sweep {
    private static final int AT_ONCE = 100;
    private static final String HELD_ELSEWHERE = "state = 'QUEUED' AND held_by IS NOT NULL AND held_by <> :gateway";

    private final Database database;
    private final StoreSettings settings;
    private final String gateway;
    /** Own attempts whose lease was found lapsed, and when: this process may have slept, and wakes up now. */
    private final Map<String, Long> lapsed = new HashMap<>();
    /** Since when the database has answered; empty while it is away, and before it was asked. */
    private volatile OptionalLong answersSince = OptionalLong.empty();

    Sweep(Database database, StoreSettings settings, String gateway) {
        this.database = database;
        this.settings = settings;
        this.gateway = gateway;
    }

    /** Puts back or ends what a former process left; right only while no other process is there. */
    void takeBackAll() {
        each("state = 'RUNNING'", this::takeBack);
        each(HELD_ELSEWHERE, Sweep::loseToken);
    }

    /** Looks after everything that time decides. */
    synchronized void run() {
        each("state = 'QUEUED' AND started_at IS NULL AND expires_at <= <now>", Sweep::expire);
        takeBackOwn();
        if (othersHadTime()) {
            each("state = 'RUNNING' AND lease_until < <now> AND gateway <> :gateway", this::takeBack);
            each(
                    HELD_ELSEWHERE + " AND held_by NOT IN (SELECT id FROM gateways WHERE seen_at > <now> - :lease)",
                    Sweep::loseToken);
        }
    }

    /** A sweep failed, perhaps because the database could not be asked. */
    void missed(Throwable failure) {
        if (StoreFailures.isAway(failure)) {
            answersSince = OptionalLong.empty();
        }
    }

    // While the database was away nobody could say that it was there: each has a lease's time from when it is back. A
    // gateway that has just started does not know whether it was away.
    private boolean othersHadTime() {
        long now = System.nanoTime();
        long since = answersSince.orElse(now);
        answersSince = OptionalLong.of(since);
        return now - since > settings.lease().toNanos();
    }

    private void each(String condition, BiConsumer<Transaction, String> action) {
        ids(condition).forEach(id -> one(condition, id, action));
    }

    private List<String> ids(String condition) {
        return database.read(handle -> {
            Query query = handle.createQuery("SELECT id FROM jobs WHERE " + condition + " LIMIT " + AT_ONCE);
            return bound(query, condition).mapTo(String.class).list();
        });
    }

    /** Does it if it is still to be done, and nobody else is at it. */
    private void one(String condition, String id, BiConsumer<Transaction, String> action) {
        database.change(transaction -> {
            Query query = transaction.query("SELECT id FROM jobs WHERE " + condition + " AND id = :id <locking>");
            bound(query, condition)
                    .bind("id", id)
                    .mapTo(String.class)
                    .findOne()
                    .ifPresent(found -> action.accept(transaction, found));
            return id;
        });
    }

    // A statement takes no values that it does not name.
    private Query bound(Query query, String condition) {
        if (condition.contains(":gateway")) {
            query.bind("gateway", gateway);
        }
        if (condition.contains(":lease")) {
            query.bind("lease", settings.lease().toNanos() / 1000);
        }
        return query;
    }

    private void takeBack(Transaction transaction, String id) {
        LostJobs.putBackLost(transaction, id, settings.maxAttempts(), LostJobs.vanished(settings.maxAttempts()));
    }

    // This process is alive, so its attempt may be too, and only have slept along with the whole process.
    private void takeBackOwn() {
        String condition = "state = 'RUNNING' AND lease_until < <now> AND gateway = :gateway";
        List<String> own = ids(condition);
        lapsed.keySet().retainAll(own);
        long now = System.nanoTime();
        for (String id : own) {
            if (now - lapsed.computeIfAbsent(id, first -> now)
                    > settings.lease().toNanos() / 2) {
                one(condition, id, this::takeBack);
            }
        }
    }

    private static void expire(Transaction transaction, String id) {
        fail(transaction, id, ErrorCode.EXPIRED, "The job was not started in time");
    }

    private static void loseToken(Transaction transaction, String id) {
        fail(
                transaction,
                id,
                ErrorCode.HF_TOKEN_LOST,
                "The gateway that held the request's hf_token is gone, and tokens are never stored;"
                        + " submit the request again");
    }

    private static void fail(Transaction transaction, String id, ErrorCode code, String message) {
        EventTable.end(transaction, id, JobState.FAILED, new JobError(code, message, Map.of()), null);
    }
}
