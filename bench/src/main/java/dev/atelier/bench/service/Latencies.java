package dev.atelier.bench.service;

import java.util.Arrays;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/** How long answers took. Safe from any thread. */
final class Latencies {
    private final ConcurrentLinkedQueue<Long> nanoseconds = new ConcurrentLinkedQueue<>();
    private final AtomicInteger failures = new AtomicInteger();

    /** Notes an answer. */
    void add(long nanos, boolean good) {
        nanoseconds.add(nanos);
        if (!good) {
            failures.incrementAndGet();
        }
    }

    /** Returns how many answers there were. */
    int count() {
        return nanoseconds.size();
    }

    /** Returns how many were none of 200. */
    int failures() {
        return failures.get();
    }

    /** Returns the time in milliseconds that this share of the answers took at most. */
    double milliseconds(double share) {
        long[] sorted = nanoseconds.stream().mapToLong(Long::longValue).sorted().toArray();
        if (sorted.length == 0) {
            return 0;
        }
        int rank = (int) Math.ceil(share * sorted.length);
        return Math.round(sorted[Math.max(0, rank - 1)] / 1e4) / 1e2;
    }

    @Override
    public String toString() {
        return Arrays.asList(count(), milliseconds(0.5), milliseconds(0.99)).toString();
    }
}
