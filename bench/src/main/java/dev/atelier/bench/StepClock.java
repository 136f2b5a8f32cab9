package dev.atelier.bench;

import dev.atelier.plugin.ProgressListener;
import dev.atelier.plugin.RgbImage;
import dev.atelier.plugin.Stage;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** Measures each step from the end of the one before. */
final class StepClock implements ProgressListener {
    private final List<Double> seconds = new ArrayList<>();
    private long last;

    @Override
    public void onStage(Stage stage) {
        last = System.nanoTime();
    }

    @Override
    public void onStep(int step, int steps, Supplier<RgbImage> preview) {
        long now = System.nanoTime();
        seconds.add((now - last) / 1e9);
        last = now;
    }

    List<Double> seconds() {
        return seconds;
    }
}
