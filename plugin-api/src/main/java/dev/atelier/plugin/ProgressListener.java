package dev.atelier.plugin;

import java.util.function.Supplier;

/** Hears how far an image is, on the drawing thread. */
public interface ProgressListener {
    /** A stage begins. */
    void onStage(Stage stage);

    /**
     * A step has ended.
     *
     * @param step from 1
     * @param steps how many there will be
     * @param preview draws a small picture of the present state when asked, during this call only
     */
    void onStep(int step, int steps, Supplier<RgbImage> preview);
}
