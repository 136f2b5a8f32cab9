package dev.atelier.bench.service;

import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/** Ways to ask a gateway over and over. */
final class Load {
    private final Client client;
    private final String body;
    private final AtomicReference<String> newest = new AtomicReference<>("");

    /** Asks one gateway for pictures that cost nothing. */
    Load(Client client) {
        this.client = client;
        this.body = Client.submission(InstantModel.ID, 64, 1);
    }

    /** What submissions and questions for a status took. */
    record Answers(Latencies submit, Latencies status) {}

    /**
     * Asks so many times a second, in turns for a job and for the newest one's status, whether or not the answers keep
     * up: a time counts from when the question was due.
     */
    Answers atRate(int perSecond, Duration time) {
        Answers answers = new Answers(new Latencies(), new Latencies());
        List<CompletableFuture<?>> asked = new ArrayList<>();
        long start = System.nanoTime();
        long count = perSecond * time.toSeconds();
        for (long i = 0; i < count; i++) {
            long due = start + i * 1_000_000_000L / perSecond;
            while (System.nanoTime() < due) {
                LockSupport.parkNanos(due - System.nanoTime());
            }
            asked.add(i % 2 == 0 ? submit(due, answers.submit()) : status(due, answers.status()));
        }
        asked.forEach(CompletableFuture::join);
        return answers;
    }

    /** Asks over several connections, each as soon as it was answered. */
    Latencies asFastAsItGoes(boolean submits, int connections, Duration time) {
        Latencies latencies = new Latencies();
        long end = System.nanoTime() + time.toNanos();
        ExecutorService askers = Executors.newFixedThreadPool(connections);
        List<CompletableFuture<?>> running = new ArrayList<>();
        Supplier<CompletableFuture<?>> ask =
                () -> submits ? submit(System.nanoTime(), latencies) : status(System.nanoTime(), latencies);
        for (int i = 0; i < connections; i++) {
            running.add(CompletableFuture.runAsync(
                    () -> {
                        while (System.nanoTime() < end) {
                            ask.get().join();
                        }
                    },
                    askers));
        }
        running.forEach(CompletableFuture::join);
        askers.shutdown();
        return latencies;
    }

    /** Submits one, so that there is a status to ask for. */
    void prepare() {
        submit(System.nanoTime(), new Latencies()).join();
    }

    private CompletableFuture<?> submit(long due, Latencies latencies) {
        return client.submit(body).thenAccept(answer -> {
            latencies.add(System.nanoTime() - due, isGood(answer));
            if (isGood(answer)) {
                newest.set(Client.id(answer));
            }
        });
    }

    private CompletableFuture<?> status(long due, Latencies latencies) {
        return client.status(newest.get()).thenAccept(answer -> latencies.add(System.nanoTime() - due, isGood(answer)));
    }

    private static boolean isGood(HttpResponse<String> answer) {
        return answer.statusCode() == 200;
    }
}
