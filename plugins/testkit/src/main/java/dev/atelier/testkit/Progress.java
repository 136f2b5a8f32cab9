package dev.atelier.testkit;

import dev.atelier.plugin.ProgressListener;
import dev.atelier.plugin.RgbImage;
import dev.atelier.plugin.Stage;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** Keeps what a pipeline reports while it draws. */
final class Progress implements ProgressListener {
    /**
     * A report of a step.
     *
     * @param step from 1
     * @param steps how many there will be
     * @param thread that reported it
     */
    record Step(int step, int steps, Thread thread) {}

    private final List<Stage> stages = new ArrayList<>();
    private final List<Step> steps = new ArrayList<>();
    private final Runnable onStep;
    private final List<RgbImage> previews = new ArrayList<>();
    private final boolean previewing;

    private Progress(Runnable onStep, boolean previewing) {
        this.onStep = onStep;
        this.previewing = previewing;
    }

    static Progress quiet() {
        return new Progress(() -> {}, false);
    }

    static Progress previewing() {
        return new Progress(() -> {}, true);
    }

    static Progress doing(Runnable onStep) {
        return new Progress(onStep, false);
    }

    @Override
    public void onStage(Stage stage) {
        stages.add(stage);
    }

    @Override
    public void onStep(int step, int total, Supplier<RgbImage> preview) {
        steps.add(new Step(step, total, Thread.currentThread()));
        if (previewing) {
            previews.add(preview.get());
        }
        onStep.run();
    }

    List<Stage> stages() {
        return stages;
    }

    List<Step> steps() {
        return steps;
    }

    List<RgbImage> previews() {
        return previews;
    }
}
