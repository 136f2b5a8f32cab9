package dev.atelier.gateway.tracing;

import dev.atelier.gateway.job.Job;
import dev.atelier.gateway.output.SavedImage;
import dev.atelier.plugin.Device;
import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import dev.atelier.plugin.ProgressListener;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;

/**
 * A job's spans: {@code job}, and under it {@code queue} (from acceptance, with the first attempt alone), and for each
 * picture {@code picture} with its stages, {@code encode_image} and {@code save}. No prompt is told.
 */
final class JobSpans implements JobTrace {
    private final Tracer tracer;
    private final Span span;
    private final Context context;
    private final Map<Integer, Context> pictures = new HashMap<>();
    private @Nullable PictureSpans drawing;

    JobSpans(Tracer tracer, Context parent, Job job, Device device) {
        this.tracer = tracer;
        this.span = tracer.spanBuilder("job")
                .setParent(parent)
                .setSpanKind(SpanKind.CONSUMER)
                .setAttribute("atelier.job.id", job.id())
                .setAttribute("atelier.model", job.request().model())
                .setAttribute("atelier.attempt", job.attempt())
                .setAttribute("atelier.device", device.toString())
                .setAttribute("atelier.pictures", job.request().plans().size())
                .startSpan();
        this.context = parent.with(span);
        if (job.attempt() == 1) {
            span("queue", context, job.createdAt()).end();
        }
    }

    private Span span(String name, Context parent, Instant start) {
        return tracer.spanBuilder(name)
                .setParent(parent)
                .setStartTimestamp(start)
                .startSpan();
    }

    @Override
    public ProgressListener drawing(int index, ProgressListener next) {
        Span picture = tracer.spanBuilder("picture")
                .setParent(context)
                .setAttribute("atelier.picture", index)
                .startSpan();
        Context own = context.with(picture);
        pictures.put(index, own);
        PictureSpans spans = new PictureSpans(tracer, picture, own, next);
        drawing = spans;
        return spans;
    }

    @Override
    public void drawn(@Nullable Throwable failure) {
        if (drawing != null) {
            drawing.end(failure);
            drawing = null;
        }
    }

    @Override
    public void saved(int index, SavedImage image) {
        Instant end = Instant.now();
        Instant encoded = end.minus(duration(image.writeSeconds()));
        Context picture = pictures.getOrDefault(index, context);
        span("encode_image", picture, encoded.minus(duration(image.encodeSeconds())))
                .end(encoded);
        span("save", picture, encoded).end(end);
        pictures.remove(index);
    }

    private static Duration duration(double seconds) {
        return Duration.ofNanos((long) (seconds * 1e9));
    }

    @Override
    public void end(@Nullable Throwable failure) {
        drawn(failure);
        fail(span, failure);
        span.end();
    }

    /** Tells by its code what went wrong: messages may hold what clients wrote. */
    static void fail(Span span, @Nullable Throwable failure) {
        if (failure instanceof CancellationException) {
            span.setAttribute("atelier.canceled", true);
        } else if (failure != null) {
            ErrorCode code = failure instanceof PipelineException known ? known.code() : ErrorCode.INTERNAL_ERROR;
            span.setStatus(StatusCode.ERROR, code.name());
        }
    }
}
