package dev.atelier.gateway.worker;

import dev.atelier.gateway.adapter.remote.DownloadListener;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Tells how far the downloads of a job's adapters are, all taken together: {@code bytes}, and {@code total} unless a
 * server does not say. At most a few times a second. Heard from any thread.
 */
final class DownloadProgress {
    private static final long PAUSE = TimeUnit.MILLISECONDS.toNanos(200);

    private final Consumer<Map<String, Object>> tell;
    private final long[] bytes;
    private final long[] totals;
    private long last = System.nanoTime() - PAUSE;

    DownloadProgress(int adapters, Consumer<Map<String, Object>> tell) {
        this.tell = tell;
        this.bytes = new long[adapters];
        this.totals = new long[adapters];
    }

    /** Returns what hears of one of the adapters. */
    DownloadListener of(int index) {
        return (there, total) -> heard(index, there, total);
    }

    private synchronized void heard(int index, long there, long total) {
        bytes[index] = there;
        totals[index] = total;
        long now = System.nanoTime();
        if (now - last < PAUSE && there != total) {
            return;
        }
        last = now;
        Map<String, Object> progress = new HashMap<>();
        progress.put("bytes", Arrays.stream(bytes).sum());
        if (Arrays.stream(totals).allMatch(known -> known >= 0)) {
            progress.put("total", Arrays.stream(totals).sum());
        }
        tell.accept(progress);
    }
}
