package dev.atelier.gateway.job;

import java.util.Optional;

/**
 * Something that others may wait for.
 *
 * @param kind what it is about
 * @param id of the job; empty where it is about none
 */
record Notice(Kind kind, String id) {
    static final Notice QUEUE = new Notice(Kind.QUEUE, "");

    enum Kind {
        /** A job can be taken. */
        QUEUE,
        /** A job has a new event. */
        JOB,
        /** A running job is to be stopped. */
        CANCEL,
        /** A gateway has something to do for a job. */
        HELD
    }

    static Notice job(String id) {
        return new Notice(Kind.JOB, id);
    }

    static Notice cancel(String id) {
        return new Notice(Kind.CANCEL, id);
    }

    static Notice held(String id) {
        return new Notice(Kind.HELD, id);
    }

    /** Returns where it is told within this process. */
    String address() {
        return switch (kind) {
            case QUEUE -> JobStore.WAKE_UP;
            case JOB -> JobStore.changes(id);
            case CANCEL -> JobStore.cancels(id);
            case HELD -> JobStore.HELD;
        };
    }

    /** Returns it as text for other gateways. */
    String text(String sender) {
        return sender + " " + kind + " " + id;
    }

    /** Reads a text; empty when it is the reader's own or not understood, as a newer gateway's may be. */
    static Optional<Notice> read(String text, String reader) {
        String[] parts = text.split(" ", -1);
        if (parts.length != 3 || parts[0].equals(reader)) {
            return Optional.empty();
        }
        for (Kind kind : Kind.values()) {
            if (kind.name().equals(parts[1])) {
                return Optional.of(new Notice(kind, parts[2]));
            }
        }
        return Optional.empty();
    }
}
