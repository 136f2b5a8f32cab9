package dev.atelier.zimage;

import dev.atelier.plugin.Cancellation;
import dev.atelier.plugin.ProgressListener;
import dev.atelier.plugin.Stage;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.function.Supplier;

/** Announces and times the stages of one image, and stops between them when it is cancelled. */
final class StageClock {
    private static final double NANOS = 1e9;

    private final ProgressListener listener;
    private final Cancellation cancellation;
    private final Map<Stage, Double> seconds = new EnumMap<>(Stage.class);

    StageClock(ProgressListener listener, Cancellation cancellation) {
        this.listener = listener;
        this.cancellation = cancellation;
    }

    /** Runs a stage. */
    <T> T time(Stage stage, Supplier<T> work) {
        if (cancellation.isCancelled()) {
            throw new CancellationException();
        }
        listener.onStage(stage);
        long start = System.nanoTime();
        T result = work.get();
        seconds.merge(stage, (System.nanoTime() - start) / NANOS, Double::sum);
        return result;
    }

    /** Returns the seconds per stage so far. */
    Map<Stage, Double> seconds() {
        return seconds;
    }
}
