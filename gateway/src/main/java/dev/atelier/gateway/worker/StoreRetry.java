package dev.atelier.gateway.worker;

import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
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
        return whilst(vertx, statement, goesOn, PAUSE_MILLIS);
    }

    static <T> Future<T> whilst(
            Vertx vertx, Supplier<Future<T>> statement, BiPredicate<Throwable, Integer> goesOn, long pauseMillis) {
        Promise<T> answer = Promise.promise();
        new Tries<>(vertx, statement, goesOn, pauseMillis, answer).next(1);
        return answer.future();
    }

    // One promise for all tries: futures composed one after the other would be as deep as the outage is long.
    private record Tries<T>(
            Vertx vertx,
            Supplier<Future<T>> statement,
            BiPredicate<Throwable, Integer> goesOn,
            long pauseMillis,
            Promise<T> answer) {
        void next(int number) {
            statement.get().onSuccess(answer::complete).onFailure(failure -> {
                if (goesOn.test(failure, number)) {
                    vertx.setTimer(pauseMillis, elapsed -> next(number + 1));
                } else {
                    answer.fail(failure);
                }
            });
        }
    }

    /** Returns whether waiting may help. */
    static boolean passes(Throwable failure) {
        return failure instanceof PipelineException named
                && (named.code() == ErrorCode.STORE_UNAVAILABLE || named.code() == ErrorCode.STORAGE_FULL);
    }
}
