package dev.atelier.gateway.job;

import java.time.Instant;
import java.util.Locale;
import java.util.Map;

/**
 * Something that happened to a job.
 *
 * @param seq its number among the job's events, from 1, without gaps
 * @param type what happened
 * @param at when
 * @param data more of it, as far as the type has more
 */
public record JobEvent(long seq, Type type, Instant at, Map<String, Object> data) {
    /** Copies the map. */
    public JobEvent {
        data = Map.copyOf(data);
    }

    /** What happened. */
    public enum Type {
        /** It joined the queue, or came back to it: {@code attempt} that ended, 0 for none. */
        QUEUED,
        /** A device took it up: {@code attempt}. */
        STARTED,
        /** A stage of a picture began: {@code image}, {@code images}, {@code stage}, {@code steps}. */
        STAGE,
        /** Steps ended: as STAGE, with {@code step}, and {@code eta_seconds} and {@code preview} where known. */
        STEP,
        /** A picture is finished: {@code image}, {@code images}. */
        IMAGE,
        /** The job reached a final state: {@code state}, and {@code error_code} and {@code error} if it failed. */
        FINISHED;

        /** Returns the name that clients see. */
        public String id() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * What an attempt tells of itself, not numbered yet.
     *
     * @param type {@link Type#STAGE} or {@link Type#STEP}
     * @param data more of it
     */
    public record Draft(Type type, Map<String, Object> data) {
        /** Copies the map. */
        public Draft {
            data = Map.copyOf(data);
        }
    }
}
