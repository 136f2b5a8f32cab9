package dev.atelier.gateway.worker;

import dev.atelier.gateway.metrics.DrawingMetrics;
import dev.atelier.plugin.ImageSize;
import dev.atelier.plugin.ProgressListener;
import dev.atelier.plugin.RgbImage;
import dev.atelier.plugin.Stage;
import io.vertx.core.Context;
import java.time.Duration;
import java.util.Map;
import java.util.function.Supplier;

/** Times the steps of one picture, on the drawing thread, and passes them on to the attempt's event loop. */
final class DrawingProgress implements ProgressListener {
    private final int image;
    private final String model;
    private final ImageSize size;
    private final DrawingMetrics metrics;
    private final ProgressReport report;
    private final Context context;
    private long last = System.nanoTime();

    DrawingProgress(
            int image, String model, ImageSize size, DrawingMetrics metrics, ProgressReport report, Context context) {
        this.image = image;
        this.model = model;
        this.size = size;
        this.metrics = metrics;
        this.report = report;
        this.context = context;
    }

    @Override
    public void onStage(Stage stage) {
        last = System.nanoTime();
        context.runOnContext(there -> report.stage(image, stage.id(), Map.of()));
    }

    @Override
    public void onStep(int step, int steps, Supplier<RgbImage> preview) {
        long now = System.nanoTime();
        long nanos = now - last;
        metrics.step(model, size, Duration.ofNanos(nanos));
        last = now;
        context.runOnContext(there -> report.step(image, step, steps, nanos / 1e9, Map.of()));
    }
}
