package dev.atelier.gateway.job;

import dev.atelier.plugin.ErrorCode;
import java.util.Optional;

/** Hears about every operation of the store, on the store's threads. */
@FunctionalInterface
public interface StoreObserver {
    /**
     * An operation has ended.
     *
     * @param operation the store method's name
     * @param succeeded whether it did; a refusal is an answer, not a failure
     */
    void observed(String operation, boolean succeeded);

    /** A job has reached a final state, which is committed. Told once for each job, by the gateway that wrote it. */
    default void ended(EndedJob job) {}

    /**
     * A running job went back into the queue, which is committed. Told by the gateway that wrote it.
     *
     * @param fault of its worker; empty when that stops in good order
     */
    default void requeued(Optional<ErrorCode> fault) {}
}
