package dev.atelier.gateway.adapter.remote;

import dev.atelier.gateway.storage.StorageFault;
import dev.atelier.gateway.storage.StorageFolder;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import java.io.IOException;
import java.util.concurrent.TimeUnit;

/** Threads for what blocks: files, locks, names. What the system says of a file is turned into a failure of ours. */
final class FileTasks {
    private static final int THREADS = 8;

    private final WorkerExecutor executor;
    private final StorageFolder folder;

    /**
     * Makes threads.
     *
     * @param name theirs, and of no other tasks
     * @param folder what the tasks read and write
     */
    FileTasks(Vertx vertx, String name, StorageFolder folder) {
        this.folder = folder;
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
                        throw Failures.storage(source, StorageFault.of(folder, e, 0), e);
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

    /** Lets the threads go. */
    Future<Void> close() {
        return executor.close();
    }
}
