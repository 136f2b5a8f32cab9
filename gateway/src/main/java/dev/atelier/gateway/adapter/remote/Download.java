package dev.atelier.gateway.adapter.remote;

import dev.atelier.gateway.adapter.remote.DownloadObserver.Outcome;
import dev.atelier.gateway.adapter.remote.Fetcher.Resume;
import dev.atelier.plugin.PipelineException;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import java.nio.file.Path;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One file on its way into the cache, for everybody who waits for it: tried a few times, each time from where the last
 * try broke off. Lives on one event loop.
 */
final class Download {
    private final Tools tools;
    private final Target target;
    private final Consumer<Path> validator;
    private final Waiters waiters = new Waiters();
    private Resume resume = Resume.NOTHING;
    private @Nullable RuntimeException stopped;
    private @Nullable HttpClientRequest sent;

    /** What a download works with. */
    record Tools(
            Vertx vertx,
            FileTasks files,
            Fetcher fetcher,
            DownloadCache cache,
            RemoteSettings settings,
            DownloadObserver observer) {}

    /**
     * What is downloaded.
     *
     * @param source the client's own words, for messages
     * @param url the file
     * @param token for the hub
     * @param name in the cache
     */
    record Target(String source, RemoteUrl url, @Nullable String token, String name) {
        /** Returns the name in the cache, and no token. */
        @Override
        public String toString() {
            return name;
        }
    }

    /**
     * Creates a download.
     *
     * @param validator throws when the whole file is no adapter
     */
    Download(Tools tools, Target target, Consumer<Path> validator) {
        this.tools = tools;
        this.target = target;
        this.validator = validator;
    }

    /** Returns what the file is called in the cache. */
    String name() {
        return target.name();
    }

    /** Adds somebody who waits. */
    Waiters.Waiter join(DownloadListener listener) {
        return waiters.join(listener);
    }

    /** Lets somebody go; the last one ends the download. */
    void leave(Waiters.Waiter waiter) {
        waiters.leave(waiter);
        if (waiters.isEmpty()) {
            stop(new CancellationException("nobody waits for the download"));
        }
    }

    /** Returns whether it is too late to join. */
    boolean isStopped() {
        return stopped != null;
    }

    /** Stops it; whoever waits hears of it at once. */
    void stop(RuntimeException reason) {
        if (stopped == null) {
            stopped = reason;
            waiters.end(Future.failedFuture(reason));
            dropConnection();
        }
    }

    /** Runs it; ends when nothing of it is left but the whole file, or nothing. */
    Future<Path> run() {
        long limit = tools.settings().pace().total().toMillis();
        long timer = tools.vertx().setTimer(Math.max(1, limit), expired -> stop(timedOut(limit)));
        return files(() -> tools.cache().create(target.name()))
                .compose(part -> tries(part, 1)
                        .compose(whole -> finish(part))
                        .eventually(() -> files(() -> tools.cache().end(part))))
                .onComplete(done -> {
                    tools.vertx().cancelTimer(timer);
                    tools.observer().ended(outcome(done.cause()));
                    waiters.end(done);
                });
    }

    private static Outcome outcome(@Nullable Throwable failure) {
        if (failure == null) {
            return Outcome.SUCCESS;
        }
        return failure instanceof CancellationException ? Outcome.CANCELED : Outcome.FAILURE;
    }

    private PipelineException timedOut(long millis) {
        return Failures.failed(target.source(), "it was not done within " + millis / 1000 + " s", null, 1);
    }

    private Future<Void> tries(PartialFile part, int number) {
        Fetcher.Request request = new Fetcher.Request(target.source(), target.url(), target.token(), number, resume);
        return Future.succeededFuture(request)
                .compose(asked -> once(part, asked))
                .recover(failure -> again(part, number, failure));
    }

    private Future<Void> again(PartialFile part, int number, Throwable failure) {
        if (!(failure instanceof BrokenTransfer broken)) {
            return Future.failedFuture(failure);
        }
        RemoteSettings.Pace pace = tools.settings().pace();
        if (number == pace.tries()) {
            return Future.failedFuture(
                    Failures.failed(target.source(), String.valueOf(broken.getMessage()), broken.status(), number));
        }
        if (broken.restart()) {
            resume = Resume.NOTHING;
        }
        tools.observer().retried();
        return tools.vertx()
                .timer(Math.max(1, pace.pause().toMillis()), TimeUnit.MILLISECONDS)
                .compose(paused -> tries(part, number + 1));
    }

    private Future<Void> once(PartialFile part, Fetcher.Request request) {
        requireGoingOn();
        return tools.fetcher()
                .get(request, this::sending)
                .compose(response -> receive(part, request, response))
                .onComplete(done -> dropConnection());
    }

    private void sending(HttpClientRequest request) {
        sent = request;
        if (stopped != null) {
            dropConnection();
            throw stopped;
        }
    }

    /** Keeps no connection open; does nothing to one that has ended. */
    private void dropConnection() {
        if (sent != null) {
            sent.reset();
        }
    }

    private void requireGoingOn() {
        if (stopped != null) {
            throw stopped;
        }
    }

    private Future<Void> receive(PartialFile part, Fetcher.Request request, HttpClientResponse response) {
        Answer answer = Answer.of(response, request);
        requireSize(answer.total());
        resume = new Resume(answer.offset(), answer.validator());
        Transfer transfer =
                new Transfer(response, answer, request, (at, piece) -> write(part, at, piece, answer.total()));
        return files(() -> {
                    part.truncate(answer.offset());
                    tools.cache().reserve(part, Math.max(answer.offset(), answer.total()), target.source());
                })
                .compose(ready -> transfer.run());
    }

    private Future<Void> write(PartialFile part, long at, Buffer piece, long total) {
        requireGoingOn();
        long end = at + piece.length();
        requireSize(end);
        return files(() -> {
                    tools.cache().reserve(part, end, target.source());
                    part.write(at, piece);
                })
                .onSuccess(written -> {
                    resume = new Resume(end, resume.validator());
                    tools.observer().received(piece.length());
                    waiters.progress(end, total);
                });
    }

    private void requireSize(long size) {
        long most = tools.settings().cache().maxFileBytes();
        if (size > most) {
            throw Failures.tooLarge(target.source(), "it may have " + most + " bytes (LORA_MAX_BYTES)", most);
        }
    }

    private Future<Path> finish(PartialFile part) {
        requireGoingOn();
        return tools.files().run(target.source(), () -> {
            part.sync();
            Validation.check(part.path(), validator, target.source());
            return tools.cache().publish(part, target.name());
        });
    }

    private Future<PartialFile> files(FileTasks.Task<PartialFile> task) {
        return tools.files().run(target.source(), task);
    }

    private Future<Void> files(FileTasks.Action task) {
        return tools.files().run(target.source(), task);
    }
}
