package dev.atelier.gateway;

import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.internal.VertxInternal;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * Looks at event loops that have been at one task for a tenth of a second, with Vert.x's own checker. A loop may be
 * slow because others have the processor; what it must not do is wait for something, and its stack tells which it is.
 */
final class LoopWatch {
    private static final long LIMIT_MILLIS = 100;
    private static final long LOOK_MILLIS = 10;
    private static final int SHOWN_FRAMES = 40;

    /**
     * Beginnings of the names of classes that read and write files, ask databases and resolvers, or compute natively.
     */
    private static final List<String> BLOCKING = List.of(
            "org.sqlite.",
            "org.postgresql.",
            "org.jdbi.",
            "com.zaxxer.hikari.",
            "java.sql.",
            "java.io.FileInputStream",
            "java.io.FileOutputStream",
            "java.io.RandomAccessFile",
            "java.io.UnixFileSystem",
            "java.nio.file.Files",
            "sun.nio.fs.",
            "sun.nio.ch.FileChannelImpl",
            "java.net.Inet",
            "javax.imageio.",
            "com.sun.imageio.",
            "ai.onnxruntime.",
            "ai.djl.");

    /** Methods that wait. */
    private static final Set<String> WAITING = Set.of(
            "java.lang.Thread.sleep",
            "java.lang.Thread.join",
            "java.lang.Object.wait",
            "jdk.internal.misc.Unsafe.park",
            "java.util.concurrent.locks.LockSupport.park",
            "java.util.concurrent.locks.LockSupport.parkNanos");

    /**
     * What the virtual machine does when a class is first used, and log lines, which are written where they are said.
     */
    private static final List<String> ALLOWED =
            List.of("java.lang.ClassLoader.", "jdk.internal.loader.", "java.lang.invoke.", "ch.qos.logback.");

    private final Queue<String> seen = new ConcurrentLinkedQueue<>();
    private volatile boolean watching;

    /** Returns the options with which Vert.x looks often enough. */
    static VertxOptions options() {
        return new VertxOptions()
                .setBlockedThreadCheckInterval(LOOK_MILLIS)
                .setBlockedThreadCheckIntervalUnit(TimeUnit.MILLISECONDS)
                .setMaxEventLoopExecuteTime(LIMIT_MILLIS)
                .setMaxEventLoopExecuteTimeUnit(TimeUnit.MILLISECONDS);
    }

    /** Looks at the loops of a Vert.x of such options. */
    LoopWatch(Vertx vertx) {
        ((VertxInternal) vertx).blockedThreadChecker().setThreadBlockedHandler(event -> look(event.thread()));
    }

    /** Begins to look. */
    void begin() {
        watching = true;
    }

    /** Returns what loops were seen to wait for. */
    List<String> seen() {
        return List.copyOf(seen);
    }

    private void look(Thread thread) {
        if (watching && thread.getName().contains("eventloop")) {
            Thread.State state = thread.getState();
            blocking(state, thread.getStackTrace()).ifPresent(seen::add);
        }
    }

    /** Returns what a stack is waiting for; empty when it waits for nothing. */
    static Optional<String> blocking(Thread.State state, StackTraceElement[] stack) {
        if (Arrays.stream(stack).anyMatch(frame -> startsWithAny(frame, ALLOWED))) {
            return Optional.empty();
        }
        boolean blocks = state == Thread.State.BLOCKED
                || Arrays.stream(stack)
                        .anyMatch(frame -> startsWithAny(frame, BLOCKING) || WAITING.contains(name(frame)));
        return blocks
                ? Optional.of(Arrays.stream(stack)
                        .limit(SHOWN_FRAMES)
                        .map(String::valueOf)
                        .collect(Collectors.joining("\n    ", state + "\n    ", "")))
                : Optional.empty();
    }

    private static boolean startsWithAny(StackTraceElement frame, List<String> beginnings) {
        return beginnings.stream().anyMatch(name(frame)::startsWith);
    }

    private static String name(StackTraceElement frame) {
        return frame.getClassName() + "." + frame.getMethodName();
    }
}
