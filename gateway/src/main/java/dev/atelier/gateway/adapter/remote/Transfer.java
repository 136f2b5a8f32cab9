package dev.atelier.gateway.adapter.remote;

import dev.atelier.plugin.ForeignFile;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientResponse;
import java.util.Objects;
import java.util.Optional;

/**
 * Brings the body of one answer to a file. The connection is paused while a piece is written, so that a slow disk holds
 * up the sender and not this process's memory. Whatever came before a connection broke is written too.
 */
final class Transfer {
    private static final int PIECE = 1 << 20;
    private static final int HEAD = ForeignFile.HEAD;

    private final HttpClientResponse response;
    private final Answer answer;
    private final Fetcher.Request request;
    private final Sink sink;
    private final Promise<Void> ended = Promise.promise();
    private final Context context = Objects.requireNonNull(Vertx.currentContext(), "a Vert.x thread");
    private Buffer pending = Buffer.buffer();
    private Future<Void> writing = Future.succeededFuture();
    private long position;
    private boolean broken;

    /** Where pieces go. */
    interface Sink {
        /** Writes a piece; fails when that does not work, or when there is too much. */
        Future<Void> write(long position, Buffer piece);
    }

    /** Creates a transfer of a paused answer, which hears at once when the connection breaks. */
    Transfer(HttpClientResponse response, Answer answer, Fetcher.Request request, Sink sink) {
        this.response = response;
        this.answer = answer;
        this.request = request;
        this.sink = sink;
        this.position = answer.offset();
        response.handler(this::take)
                .endHandler(end -> flush().onComplete(ended))
                .exceptionHandler(this::fail);
    }

    /** Runs it; ends when nothing is being written any more. */
    Future<Void> run() {
        response.resume();
        return ended.future().eventually(() -> writing.otherwiseEmpty()).compose(done -> checkLength());
    }

    private void take(Buffer buffer) {
        pending.appendBuffer(buffer);
        if (pending.length() >= PIECE && !broken) {
            response.pause();
            flush().onSuccess(written -> response.resume()).onFailure(this::stop);
        }
    }

    private Future<Void> flush() {
        Buffer piece = pending;
        pending = Buffer.buffer();
        writing = writing.compose(before -> write(piece));
        return writing;
    }

    private Future<Void> write(Buffer piece) {
        if (piece.length() == 0) {
            return Future.succeededFuture();
        }
        if (position == 0) {
            Optional<String> foreign = ForeignFile.describe(piece.getBytes(0, Math.min(HEAD, piece.length())));
            if (foreign.isPresent()) {
                return Future.failedFuture(Failures.invalid(request.source(), foreign.get()));
            }
        }
        long at = position;
        return sink.write(at, piece).onSuccess(written -> position = at + piece.length());
    }

    /** What came before the break may still be held back: it is let through first, in the loop's next turn. */
    private void fail(Throwable failure) {
        RuntimeException reason = NetworkFailure.of(failure, request.source(), request.tries());
        broken = true;
        response.resume();
        context.runOnContext(drained ->
                flush().onComplete(flushed -> ended.tryFail(flushed.succeeded() ? reason : flushed.cause())));
    }

    private void stop(Throwable failure) {
        ended.tryFail(failure);
        response.request().reset();
    }

    private Future<Void> checkLength() {
        return answer.total() < 0 || answer.total() == position
                ? Future.succeededFuture()
                : Future.failedFuture(
                        BrokenTransfer.connection("only " + position + " of " + answer.total() + " bytes came"));
    }
}
