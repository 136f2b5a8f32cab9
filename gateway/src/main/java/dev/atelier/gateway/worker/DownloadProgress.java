package dev.atelier.gateway.worker;

import dev.atelier.gateway.adapter.remote.DownloadListener;
import dev.atelier.plugin.Stage;
import io.vertx.core.eventbus.EventBus;
import io.vertx.core.json.JsonObject;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;

/**
 * Tells on the event bus how far the downloads of a job's adapters are, all taken together, as the job's stage:
 * {@code job}, {@code stage}, {@code bytes}, {@code total} (absent while a server does not say). At most a few times a
 * second.
 */
final class DownloadProgress {
    /** Where progress is told. */
    static final String ADDRESS = "atelier.job.progress";

    private static final long PAUSE = TimeUnit.MILLISECONDS.toNanos(200);

    private final String job;
    private final EventBus events;
    private final long[] bytes;
    private final long[] totals;
    private long last = System.nanoTime() - PAUSE;

    DownloadProgress(String job, int adapters, EventBus events) {
        this.job = job;
        this.events = events;
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
        JsonObject progress = new JsonObject()
                .put("job", job)
                .put("stage", Stage.LOAD_ADAPTERS.id())
                .put("bytes", Arrays.stream(bytes).sum());
        if (Arrays.stream(totals).allMatch(known -> known >= 0)) {
            progress.put("total", Arrays.stream(totals).sum());
        }
        events.publish(ADDRESS, progress);
    }
}
