package dev.atelier.gateway.job;

/** The job is not running under that attempt any more: whoever holds the attempt must drop what it has. */
public final class StaleAttemptException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** Names the job and the attempt that came too late. */
    public StaleAttemptException(String id, int attempt) {
        super("job " + id + " is not running under attempt " + attempt);
    }
}
