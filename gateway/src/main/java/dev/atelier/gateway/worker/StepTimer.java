package dev.atelier.gateway.worker;

import dev.atelier.gateway.metrics.DrawingMetrics;
import dev.atelier.plugin.ImageSize;
import dev.atelier.plugin.ProgressListener;
import dev.atelier.plugin.RgbImage;
import dev.atelier.plugin.Stage;
import java.time.Duration;
import java.util.function.Supplier;

/** Times the steps of one picture, on the drawing thread. */
final class StepTimer implements ProgressListener {
    private final DrawingMetrics metrics;
    private final String model;
    private final ImageSize size;
    private long last = System.nanoTime();

    StepTimer(DrawingMetrics metrics, String model, ImageSize size) {
        this.metrics = metrics;
        this.model = model;
        this.size = size;
    }

    @Override
    public void onStage(Stage stage) {
        last = System.nanoTime();
    }

    @Override
    public void onStep(int step, int steps, Supplier<RgbImage> preview) {
        long now = System.nanoTime();
        metrics.step(model, size, Duration.ofNanos(now - last));
        last = now;
    }
}
