package dev.atelier.gateway.worker;

import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.concurrent.TimeUnit;
import java.util.function.BiPredicate;
import java.util.function.Supplier;

/** Statements that are tried again every second, because the database is away or its disk is full. */
final class StoreRetry {
    private static final long PAUSE_MILLIS = 1_000;

    private StoreRetry() {}

    /** Asks until there is an answer, or a failure that does not pass. */
    static <T> Future<T> untilAnswered(Vertx vertx, Supplier<Future<T>> statement) {
        return whilst(vertx, statement, (failure, tries) -> passes(failure));
    }

    /**
     * Asks until there is an answer, or a failure with which it does not go on.
     *
     * @param goesOn decides with the failure and the number of tries so far
     */
    static <T> Future<T> whilst(Vertx vertx, Supplier<Future<T>> statement, BiPredicate<Throwable, Integer> goesOn) {
        return again(vertx, statement, goesOn, 1);
    }

    private static <T> Future<T> again(
            Vertx vertx, Supplier<Future<T>> statement, BiPredicate<Throwable, Integer> goesOn, int tries) {
        return statement
                .get()
                .recover(failure -> goesOn.test(failure, tries)
                        ? vertx.timer(PAUSE_MILLIS, TimeUnit.MILLISECONDS)
                                .compose(elapsed -> again(vertx, statement, goesOn, tries + 1))
                        : Future.failedFuture(failure));
    }

    /** Returns whether waiting may help. */
    static boolean passes(Throwable failure) {
        return failure instanceof PipelineException named
                && (named.code() == ErrorCode.STORE_UNAVAILABLE || named.code() == ErrorCode.STORAGE_FULL);
    }
}
