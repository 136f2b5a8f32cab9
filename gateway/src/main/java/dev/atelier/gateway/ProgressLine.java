package dev.atelier.gateway;

import dev.atelier.gateway.verify.JobVerifier;
import dev.atelier.gateway.verify.SampleFile;
import java.io.PrintStream;

/**
 * Shows progress as one line that is overwritten, with an estimate of the time left; shows nothing where the stream is
 * no terminal.
 */
final class ProgressLine implements JobVerifier.Progress, AutoCloseable {
    private static final String CLEAR = "\r\u001b[K";
    /** Set by the launcher where the standard error stream is a terminal; Java has no test for one stream. */
    private static final String TERMINAL = "atelier.terminal";

    private final PrintStream err;
    private final boolean shown;
    private final long start = System.nanoTime();
    private String label = "";
    private int done;
    private int total = 1;

    ProgressLine(PrintStream err) {
        this(err, Boolean.getBoolean(TERMINAL));
    }

    ProgressLine(PrintStream err, boolean shown) {
        this.err = err;
        this.shown = shown;
    }

    @Override
    public void onSample(SampleFile sample, int finished, int samples) {
        begin("step " + sample.step() + " index " + sample.index(), finished, samples);
    }

    /** Shows that an image is about to be generated. */
    void begin(String image, int finished, int images) {
        label = image;
        done = finished;
        total = images;
        show(0);
    }

    @Override
    public void onStep(int step, int steps) {
        show((double) step / Math.max(1, steps));
    }

    private void show(double ofImage) {
        if (!shown) {
            return;
        }
        double fraction = (done + ofImage) / Math.max(1, total);
        String left = fraction <= 0 ? "" : ", " + left(fraction) + " left";
        err.print(CLEAR + (done + 1) + "/" + total + " " + label + " " + (int) (100 * fraction) + "%" + left);
        err.flush();
    }

    private String left(double fraction) {
        long seconds = Math.round((System.nanoTime() - start) / 1e9 * (1 - fraction) / fraction);
        return seconds < 60 ? seconds + " s" : seconds / 60 + " min " + seconds % 60 + " s";
    }

    /** Removes the line. */
    @Override
    public void close() {
        if (shown) {
            err.print(CLEAR);
            err.flush();
        }
    }
}
