package dev.atelier.gateway.adapter.remote;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.util.concurrent.TimeUnit;

/** Threads for what blocks: files, locks, names. What the system says of a file is turned into a failure of ours. */
final class FileTasks {
    private static final int THREADS = 8;

    private final WorkerExecutor executor;

    /**
     * Makes threads.
     *
     * @param name theirs, and of no other tasks
     */
    FileTasks(Vertx vertx, String name) {
        this.executor = vertx.createSharedWorkerExecutor(name, THREADS, 10, TimeUnit.MINUTES);
    }

    /** A task with a result. */
    interface Task<T> {
        /** Does it. */
        T run() throws IOException;
    }

    /** A task without one. */
    interface Action {
        /** Does it. */
        void run() throws IOException;
    }

    /** Runs a task for a source; tasks are not ordered. */
    <T> Future<T> run(String source, Task<T> task) {
        return executor.executeBlocking(
                () -> {
                    try {
                        return task.run();
                    } catch (IOException e) {
                        if (isFull(e)) {
                            throw Failures.full(source);
                        }
                        throw Failures.failed(source, "the download cache is not usable: " + reason(e), null, 1);
                    }
                },
                false);
    }

    /** Runs an action for a source. */
    Future<Void> run(String source, Action action) {
        Task<Boolean> task = () -> {
            action.run();
            return true;
        };
        return run(source, task).mapEmpty();
    }

    // The system's words are all that Java tells of it, in the reason or in the message.
    private static boolean isFull(IOException failure) {
        String message = String.valueOf(failure.getMessage());
        return message.contains("No space left on device") || message.contains("Disk quota exceeded");
    }

    private static String reason(IOException failure) {
        return failure instanceof FileSystemException file && file.getReason() != null
                ? file.getReason()
                : failure.getClass().getSimpleName();
    }

    /** Lets the threads go. */
    Future<Void> close() {
        return executor.close();
    }
}
