package dev.atelier.gateway.job;

import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import java.util.concurrent.Callable;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/** The threads on which the store works, off the event loops. */
final class StoreThreads {
    private final WorkerExecutor executor;
    private final StoreObserver observer;

    // Held for reading by each statement, so that closing can wait for those under way.
    private final ReadWriteLock open = new ReentrantReadWriteLock();

    StoreThreads(Vertx vertx, int threads, StoreObserver observer) {
        this.executor = vertx.createSharedWorkerExecutor("atelier-store", threads, 1, TimeUnit.MINUTES);
        this.observer = observer;
    }

    /** Runs a statement and tells the observer. */
    <T> Future<T> run(String operation, Callable<T> statement) {
        return offEventLoop(() -> call(statement))
                .onComplete(done -> observer.observed(operation, done.succeeded() || isAnswer(done.cause())));
    }

    private <T> T call(Callable<T> statement) throws Exception {
        open.readLock().lock();
        try {
            return statement.call();
        } finally {
            open.readLock().unlock();
        }
    }

    private static boolean isAnswer(Throwable failure) {
        return failure instanceof StaleAttemptException
                || failure instanceof PipelineException refused
                        && refused.code() != ErrorCode.STORE_UNAVAILABLE
                        && refused.code() != ErrorCode.STORAGE_FULL;
    }

    /** Waits for what is under way, and runs a last task. */
    Future<Void> close(Callable<Void> last) {
        Future<Void> closed = offEventLoop(() -> {
            open.writeLock().lock();
            try {
                return last.call();
            } finally {
                open.writeLock().unlock();
            }
        });
        return closed.eventually(executor::close);
    }

    // Once Vert.x has closed the threads, asking for one throws: to callers that is a failure like others.
    private <T> Future<T> offEventLoop(Callable<T> task) {
        try {
            return executor.executeBlocking(task, false);
        } catch (IllegalStateException | RejectedExecutionException e) {
            return Future.failedFuture(e);
        }
    }
}
