package dev.atelier.gateway.job;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * On what terms a job waits and is followed. Stored with the job.
 *
 * @param priority from {@value #LEAST_PRIORITY} to {@value #MOST_PRIORITY}; higher ones are drawn first
 * @param expiresIn how long the job may wait for its first start; null for ever
 * @param owner the name of the key that submitted it; null for none
 * @param ownerCapacity how many images of the owner may wait at once; null for no bound but the queue's
 * @param idempotency lets the same submission be sent twice; null for none
 * @param heldBy the id of the gateway that has something to do before a device may take the job; null for none
 * @param traceparent the caller's trace in W3C form; null for none
 * @param previewEvery after how many steps a preview is made; 0 for none
 * @param requestId the id of the HTTP request that submitted it, for logs; null for none
 */
public record JobTerms(
        int priority,
        @Nullable Duration expiresIn,
        @Nullable String owner,
        @Nullable Integer ownerCapacity,
        @Nullable Idempotency idempotency,
        @Nullable String heldBy,
        @Nullable String traceparent,
        int previewEvery,
        @Nullable String requestId) {
    /** The last to be drawn. */
    public static final int LEAST_PRIORITY = -10;
    /** The first to be drawn. */
    public static final int MOST_PRIORITY = 10;
    /** Nothing special. */
    public static final JobTerms DEFAULT = new JobTerms(0, null, null, null, null, null, null, 0, null);

    /** Checks the ranges. */
    public JobTerms {
        if (priority < LEAST_PRIORITY || priority > MOST_PRIORITY) {
            throw new IllegalArgumentException("priority must be from -10 to 10 but was " + priority);
        }
        if (expiresIn != null && expiresIn.isNegative()) {
            throw new IllegalArgumentException("expiresIn must not be negative but was " + expiresIn);
        }
        if (previewEvery < 0) {
            throw new IllegalArgumentException("previewEvery must not be negative but was " + previewEvery);
        }
    }

    /**
     * What makes two submissions the same one. Keys are told apart by owner.
     *
     * @param key as the client chose it
     * @param bodySha256 the hash of what was submitted under it
     */
    public record Idempotency(String key, String bodySha256) {}

    /** Returns these terms with another priority. */
    public JobTerms withPriority(int other) {
        return new JobTerms(
                other, expiresIn, owner, ownerCapacity, idempotency, heldBy, traceparent, previewEvery, requestId);
    }

    /** Returns these terms with another time to wait. */
    public JobTerms withExpiresIn(@Nullable Duration other) {
        return new JobTerms(
                priority, other, owner, ownerCapacity, idempotency, heldBy, traceparent, previewEvery, requestId);
    }

    /** Returns these terms with another owner, and how many images of it may wait. */
    public JobTerms withOwner(@Nullable String other, @Nullable Integer capacity) {
        return new JobTerms(
                priority, expiresIn, other, capacity, idempotency, heldBy, traceparent, previewEvery, requestId);
    }

    /** Returns these terms with another idempotency. */
    public JobTerms withIdempotency(@Nullable Idempotency other) {
        return new JobTerms(
                priority, expiresIn, owner, ownerCapacity, other, heldBy, traceparent, previewEvery, requestId);
    }

    /** Returns these terms, held by a gateway. */
    public JobTerms withHeldBy(@Nullable String gateway) {
        return new JobTerms(
                priority, expiresIn, owner, ownerCapacity, idempotency, gateway, traceparent, previewEvery, requestId);
    }

    /** Returns these terms with previews. */
    public JobTerms withPreviewEvery(int steps) {
        return new JobTerms(
                priority, expiresIn, owner, ownerCapacity, idempotency, heldBy, traceparent, steps, requestId);
    }

    /** Returns these terms with where the submission came from. */
    public JobTerms withOrigin(@Nullable String trace, @Nullable String request) {
        return new JobTerms(
                priority, expiresIn, owner, ownerCapacity, idempotency, heldBy, trace, previewEvery, request);
    }
}
