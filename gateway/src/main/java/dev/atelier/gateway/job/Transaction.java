package dev.atelier.gateway.job;

import dev.atelier.plugin.ErrorCode;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.Query;
import org.jdbi.v3.core.statement.Update;
import org.jspecify.annotations.Nullable;

/** One transaction, and what is to be told once it is committed. */
final class Transaction {
    private final Handle handle;
    private final Dialect dialect;
    private final Set<Notice> notices = new LinkedHashSet<>();
    private final List<EndedJob> ended = new ArrayList<>();
    private final List<Optional<ErrorCode>> requeued = new ArrayList<>();

    Transaction(Handle handle, Dialect dialect) {
        this.handle = handle;
        this.dialect = dialect;
    }

    Handle handle() {
        return handle;
    }

    Query query(String sql) {
        return handle.createQuery(sql);
    }

    Update update(String sql) {
        return handle.createUpdate(sql);
    }

    /** Lets one transaction at a time change what the queue holds, where that is counted. */
    void lockQueue() {
        dialect.lock(handle, Migrations.LOCK + 1);
    }

    void tell(Notice notice) {
        notices.add(notice);
    }

    void ended(EndedJob job) {
        ended.add(job);
    }

    /**
     * A job went back into the queue.
     *
     * @param fault of its worker; null when that stops in good order
     */
    void requeued(@Nullable ErrorCode fault) {
        requeued.add(Optional.ofNullable(fault));
    }

    List<Optional<ErrorCode>> requeued() {
        return requeued;
    }

    Set<Notice> notices() {
        return notices;
    }

    List<EndedJob> ended() {
        return ended;
    }
}
