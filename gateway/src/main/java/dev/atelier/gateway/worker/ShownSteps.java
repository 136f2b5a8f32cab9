package dev.atelier.gateway.worker;

import dev.atelier.gateway.metrics.DrawingMetrics;
import dev.atelier.plugin.Device;
import dev.atelier.plugin.ProgressListener;
import dev.atelier.plugin.RgbImage;
import dev.atelier.plugin.Stage;
import java.util.function.Supplier;

/** Shows among the metrics which step a device's picture has reached, and passes everything on. */
record ShownSteps(Device device, DrawingMetrics metrics, ProgressListener next) implements ProgressListener {
    @Override
    public void onStage(Stage stage) {
        next.onStage(stage);
    }

    @Override
    public void onStep(int step, int steps, Supplier<RgbImage> preview) {
        metrics.progress(device, step, steps);
        next.onStep(step, steps, preview);
    }
}
