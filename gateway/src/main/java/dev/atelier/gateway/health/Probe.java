package dev.atelier.gateway.health;

import io.vertx.core.Future;
import java.util.Optional;

/** Looks at one thing that a gateway needs. Called on an event loop, where it must not wait. */
@FunctionalInterface
public interface Probe {
    /** Returns what is wrong; empty when nothing is. A failure counts as wrong too. */
    Future<Optional<String>> look();
}
