package dev.atelier.gateway;

/** What a process does. */
public enum Role {
    /** Answers clients and draws. */
    ALL,
    /** Answers clients. */
    GATEWAY,
    /** Draws. */
    WORKER
}
