package dev.atelier.gateway.worker;

import dev.atelier.gateway.metrics.DrawingMetrics;
import dev.atelier.gateway.worker.PipelineWorker.Picture;
import dev.atelier.plugin.ImageSize;
import dev.atelier.plugin.ProgressListener;
import dev.atelier.plugin.RgbImage;
import dev.atelier.plugin.Stage;
import io.vertx.core.Context;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Times the steps of one picture, on the drawing thread, and passes them on to the attempt's event loop. */
final class DrawingProgress implements ProgressListener {
    private static final Logger LOG = LoggerFactory.getLogger(DrawingProgress.class);

    private final int image;
    private final String model;
    private final ImageSize size;
    private final int previewEvery;
    private final DrawingMetrics metrics;
    private final ProgressReport report;
    private final Context context;
    private long last = System.nanoTime();

    /**
     * Creates it for one picture.
     *
     * @param image its place in the request
     * @param previewEvery after how many steps a preview is made; 0 for never
     */
    DrawingProgress(
            int image,
            Picture picture,
            int previewEvery,
            DrawingMetrics metrics,
            ProgressReport report,
            Context context) {
        this.image = image;
        this.model = picture.model();
        this.size = picture.effective().size();
        this.previewEvery = previewEvery;
        this.metrics = metrics;
        this.report = report;
        this.context = context;
    }

    @Override
    public void onStage(Stage stage) {
        last = System.nanoTime();
        context.runOnContext(there -> report.stage(image, stage, Map.of()));
    }

    @Override
    public void onStep(int step, int steps, Supplier<RgbImage> preview) {
        long now = System.nanoTime();
        long nanos = now - last;
        metrics.step(model, size, Duration.ofNanos(nanos));
        // the last step's picture is about to come in full
        Map<String, Object> more =
                previewEvery > 0 && step % previewEvery == 0 && step < steps ? preview(preview) : Map.of();
        last = System.nanoTime(); // a preview's time is no step's
        context.runOnContext(there -> report.step(image, step, steps, nanos / 1e9, more));
    }

    /** Without its preview, a picture is as good as with it. */
    private Map<String, Object> preview(Supplier<RgbImage> preview) {
        try {
            return PreviewImage.dataUrl(preview.get())
                    .<Map<String, Object>>map(url -> Map.of(PreviewImage.KEY, url))
                    .orElse(Map.of());
        } catch (CancellationException e) {
            throw e;
        } catch (RuntimeException e) {
            LOG.warn("model {} gave no preview: {}", model, e.toString());
            return Map.of();
        }
    }
}
