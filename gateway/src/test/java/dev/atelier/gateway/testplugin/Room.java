package dev.atelier.gateway.testplugin;

import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A device's memory that holds one model only, for tests: models whose settings name the same room share it. */
final class Room {
    private static final String PREFIX = "atelier.test.room.";

    private final @Nullable AtomicInteger taken;
    private boolean inside;

    private Room(@Nullable AtomicInteger taken) {
        this.taken = taken;
    }

    static Room of(@Nullable String name) {
        return new Room(
                name == null
                        ? null
                        : (AtomicInteger)
                                System.getProperties().computeIfAbsent(PREFIX + name, key -> new AtomicInteger()));
    }

    void enter() {
        if (taken != null && !taken.compareAndSet(0, 1)) {
            throw new PipelineException(ErrorCode.INSUFFICIENT_GPU_MEMORY, "another model is in the room");
        }
        inside = true;
    }

    void leave() {
        if (taken != null && inside) {
            taken.set(0);
        }
        inside = false;
    }
}
