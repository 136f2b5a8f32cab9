package dev.atelier.gateway.testplugin;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Holds a drawing up until a test lets it go on; a prompt names it as <code>{{wait NAME}}</code>. The plugin lives
 * behind another class loader, so both sides meet at JDK objects among the system properties.
 */
public final class Gate implements AutoCloseable {
    private static final String PREFIX = "atelier.test.gate.";

    private final String name;
    private final CompletableFuture<Void> entered = new CompletableFuture<>();
    private final CompletableFuture<Void> opened = new CompletableFuture<>();

    /** Puts up a gate. */
    public Gate(String name) {
        this.name = name;
        System.getProperties().put(PREFIX + name + ".entered", entered);
        System.getProperties().put(PREFIX + name + ".opened", opened);
    }

    /** Waits until a drawing stands at the gate. */
    public void awaitDrawing() throws Exception {
        try {
            entered.get(20, TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            throw new AssertionError("no drawing came to gate " + name, e);
        }
    }

    /** Lets the drawing go on, and all that follow. */
    public void open() {
        opened.complete(null);
    }

    /** Opens the gate and takes it away. */
    @Override
    public void close() {
        open();
        System.getProperties().remove(PREFIX + name + ".entered");
        System.getProperties().remove(PREFIX + name + ".opened");
    }

    @SuppressWarnings("unchecked")
    static CompletableFuture<Void> side(String name, String side) {
        Object found = System.getProperties().get(PREFIX + name + "." + side);
        return found == null ? CompletableFuture.completedFuture(null) : (CompletableFuture<Void>) found;
    }
}
