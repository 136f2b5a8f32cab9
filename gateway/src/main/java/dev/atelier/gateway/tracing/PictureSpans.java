package dev.atelier.gateway.tracing;

import dev.atelier.plugin.ProgressListener;
import dev.atelier.plugin.RgbImage;
import dev.atelier.plugin.Stage;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import java.time.Instant;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A picture's spans: its stages by their names, and under {@code denoise} each {@code step}. The drawing thread tells
 * of them, and only after it the event loop of the end.
 */
final class PictureSpans implements ProgressListener {
    private final Tracer tracer;
    private final Span picture;
    private final Context context;
    private final ProgressListener next;
    private @Nullable Span stage;
    private Instant last = Instant.now();

    PictureSpans(Tracer tracer, Span picture, Context context, ProgressListener next) {
        this.tracer = tracer;
        this.picture = picture;
        this.context = context;
        this.next = next;
    }

    @Override
    public synchronized void onStage(Stage begun) {
        last = Instant.now();
        endStage(last);
        stage = tracer.spanBuilder(begun.id())
                .setParent(context)
                .setStartTimestamp(last)
                .startSpan();
        next.onStage(begun);
    }

    @Override
    public synchronized void onStep(int step, int steps, Supplier<RgbImage> preview) {
        Instant now = Instant.now();
        Span parent = stage == null ? picture : stage;
        tracer.spanBuilder("step")
                .setParent(context.with(parent))
                .setStartTimestamp(last)
                .setAttribute("atelier.step", step)
                .setAttribute("atelier.steps", steps)
                .startSpan()
                .end(now);
        last = now;
        next.onStep(step, steps, preview);
    }

    synchronized void end(@Nullable Throwable failure) {
        endStage(Instant.now());
        JobSpans.fail(picture, failure);
        picture.end();
    }

    private void endStage(Instant now) {
        if (stage != null) {
            stage.end(now);
            stage = null;
        }
    }
}
