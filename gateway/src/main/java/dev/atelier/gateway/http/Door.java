package dev.atelier.gateway.http;

/** A port, by what is answered on it. */
public enum Door {
    /** The only port: everything, but what changes the server needs a key. */
    ONLY,
    /** The port for clients, beside one for who runs the server. */
    CLIENTS,
    /** The port for who runs the server: metrics, health, steering. */
    OPERATORS
}
