package dev.atelier.gateway.job;

/** Where a job is. */
public enum JobState {
    /** Waiting for a device. */
    QUEUED,
    /** Claimed by a device. */
    RUNNING,
    /** All pictures are there. */
    SUCCEEDED,
    /** Ended by an error. */
    FAILED,
    /** Ended by a client. */
    CANCELED;

    /** Returns whether nothing follows. */
    public boolean isFinal() {
        return this != QUEUED && this != RUNNING;
    }
}
