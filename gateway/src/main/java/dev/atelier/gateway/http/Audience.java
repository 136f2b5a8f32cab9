package dev.atelier.gateway.http;

/** For whom an operation is. */
enum Audience {
    /** Anybody, with or without a key: the contract says {@code security: []}. */
    EVERYONE,
    /** Whoever has a key, where there are keys. */
    CALLERS,
    /** Whoever has a key, and on the port for who runs the server, who may change it: {@code x-access: both}. */
    BOTH,
    /** Who watches over the server: {@code x-access: operators}. */
    OPERATORS,
    /** Who may change the server: {@code x-access: administrators}. */
    ADMINISTRATORS;

    /** Returns whether browsers of other origins have no business with it. */
    boolean isAdministrative() {
        return this == OPERATORS || this == ADMINISTRATORS;
    }
}
