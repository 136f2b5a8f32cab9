package dev.atelier.gateway.worker;

import dev.atelier.gateway.adapter.AdapterFiles;
import dev.atelier.gateway.job.Job;
import dev.atelier.gateway.job.JobRequest;
import dev.atelier.gateway.job.JobTimings;
import dev.atelier.gateway.job.OutputImage;
import dev.atelier.gateway.metrics.DrawingMetrics;
import dev.atelier.gateway.output.SavedImage;
import dev.atelier.gateway.tracing.JobTrace;
import dev.atelier.gateway.worker.PipelineWorker.Drawn;
import dev.atelier.gateway.worker.PipelineWorker.Picture;
import dev.atelier.plugin.AdapterFile;
import dev.atelier.plugin.EffectiveSettings;
import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.GenerationPlan;
import dev.atelier.plugin.PipelineDescriptor;
import dev.atelier.plugin.PipelineException;
import dev.atelier.plugin.ProgressListener;
import dev.atelier.plugin.Stage;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * One attempt at a job, on an event loop: adapters are fetched, everything is settled before anything is drawn, then
 * the missing pictures are drawn in order. A picture is encoded and written while the next one is drawn; the one after
 * that waits, so that at most two are in memory.
 */
final class JobRun {
    private final Job job;
    private final PipelineWorker worker;
    private final DrawingServices services;
    private final JobCancellation cancellation;
    private final AttemptWrites writes;
    private final ProgressReport progress;
    private final Context context;
    private final JobTrace trace;
    private final HeldAdapters held;
    private final long start = System.nanoTime();
    private final Map<Integer, EffectiveSettings> effective = new HashMap<>();
    private boolean matched;
    private Future<Void> saving = Future.succeededFuture();

    JobRun(
            Job job,
            PipelineWorker worker,
            DrawingServices services,
            JobCancellation cancellation,
            Vertx vertx,
            JobTrace trace) {
        this.job = job;
        this.worker = worker;
        this.services = services;
        this.cancellation = cancellation;
        this.writes = new AttemptWrites(vertx, job, cancellation);
        this.progress = new ProgressReport(vertx, job, services.store(), cancellation);
        this.context = vertx.getOrCreateContext();
        this.trace = trace;
        this.held = new HeldAdapters(services.adapters(), job, this::tellOfDownloads);
        effective.putAll(job.effective());
    }

    private void tellOfDownloads(Map<String, Object> bytes) {
        context.runOnContext(here -> progress.stage(0, Stage.LOAD_ADAPTERS, bytes));
    }

    private JobRequest request() {
        return job.request();
    }

    /** Draws what is missing; fails with the reason, after the last picture that was drawn is written. */
    Future<JobTimings> draw() {
        return Future.<Void>succeededFuture()
                .map(begun -> model())
                .compose(model -> checkResolutions(model).compose(checked -> fetchAdapters(model)))
                .compose(this::drawWith)
                .onComplete(ended -> {
                    progress.end();
                    held.release();
                });
    }

    private Future<JobTimings> drawWith(List<AdapterFile> adapters) {
        stopWhenCancelled();
        return worker.access(request().model(), hashes(adapters)).compose(access -> {
            long opened = System.nanoTime();
            return drawMissing(adapters).map(drawn -> timings(access, opened));
        });
    }

    private JobTimings timings(Access access, long opened) {
        double getPipeline = (opened - start) / 1e9;
        return new JobTimings(getPipeline, access.isHit(), access.id(), (System.nanoTime() - opened) / 1e9);
    }

    private PipelineDescriptor model() {
        return services.catalog()
                .find(request().model())
                .orElseThrow(() -> new PipelineException(
                        ErrorCode.MODEL_NOT_AVAILABLE,
                        "Model '" + request().model() + "' has no plugin here any more"));
    }

    private Future<Void> checkResolutions(PipelineDescriptor model) {
        for (GenerationPlan plan : request().plans()) {
            if (!model.resolutions().contains(plan.resolution())) {
                String supported = model.resolutions().stream()
                        .map(resolution -> "'" + resolution + "'")
                        .collect(Collectors.joining(", ", "[", "]"));
                return Future.failedFuture(new PipelineException(
                        ErrorCode.INVALID_PARAMETER,
                        "Model '%s' does not support resolution='%s'. Supported: %s"
                                .formatted(model.modelId(), plan.resolution(), supported)));
            }
        }
        return Future.succeededFuture();
    }

    private Future<List<AdapterFile>> fetchAdapters(PipelineDescriptor model) {
        return held.fetch(model, cancellation)
                .compose(adapters -> writes.write(
                                () -> services.store().recordAdapters(job.id(), job.attempt(), hashes(adapters)))
                        .map(first -> requireSame(first, adapters)));
    }

    private static List<AdapterFile> requireSame(List<String> first, List<AdapterFile> now) {
        for (int i = 0; i < now.size(); i++) {
            if (!now.get(i).sha256().equals(first.get(i))) {
                throw AdapterFiles.changed(now.get(i).name());
            }
        }
        return now;
    }

    private static List<String> hashes(List<AdapterFile> adapters) {
        return adapters.stream().map(AdapterFile::sha256).toList();
    }

    private Future<Void> drawMissing(List<AdapterFile> adapters) {
        List<Integer> missing = IntStream.range(0, request().plans().size())
                .filter(index -> job.images().stream().noneMatch(image -> image.index() == index))
                .boxed()
                .toList();
        Future<Void> drawn = Future.succeededFuture();
        for (int index : missing) {
            drawn = drawn.compose(before -> settle(index));
        }
        for (int index : missing) {
            drawn = drawn.compose(before -> draw(index, adapters));
        }
        // A picture that is being written when a later one fails is a finished picture.
        return drawn.transform(
                result -> result.succeeded() ? saving : saving.transform(saved -> Future.failedFuture(result.cause())));
    }

    private Future<Void> settle(int index) {
        if (effective.containsKey(index)) {
            return Future.succeededFuture();
        }
        stopWhenCancelled();
        return worker.resolve(request().model(), request().plans().get(index))
                .compose(settled ->
                        writes.write(() -> services.store().recordEffective(job.id(), job.attempt(), index, settled)))
                .onSuccess(stored -> effective.put(index, stored))
                .mapEmpty();
    }

    /** Ends when the picture is drawn and the one before it is written. */
    private Future<Void> draw(int index, List<AdapterFile> adapters) {
        stopWhenCancelled();
        services.outputs().requireUsable();
        EffectiveSettings settings = Objects.requireNonNull(effective.get(index), "settled before");
        Picture picture = new Picture(request().model(), settings, adapters);
        return worker.draw(picture, listener(index, picture), cancellation)
                .onComplete(drawn -> trace.drawn(drawn.cause()))
                .compose(drawn -> {
                    Future<Void> before = saving;
                    saving = before.compose(written -> save(index, settings, drawn));
                    return before;
                });
    }

    private ProgressListener listener(int index, Picture picture) {
        DrawingMetrics metrics = services.metrics().drawing();
        int previewEvery = request().terms().previewEvery();
        ProgressListener reporting = new DrawingProgress(index, picture, previewEvery, metrics, progress, context);
        return trace.drawing(index, reporting);
    }

    private Future<Void> save(int index, EffectiveSettings settings, Drawn drawn) {
        return services.outputs()
                .save(
                        job.id(),
                        index,
                        job.attempt(),
                        request().outputFormat(),
                        drawn.generated().image())
                .onSuccess(saved -> trace.saved(index, saved))
                .compose(saved -> record(index, settings, drawn, saved));
    }

    private Future<Void> record(int index, EffectiveSettings settings, Drawn drawn, SavedImage saved) {
        OutputImage image = new OutputImage(
                index,
                request().outputFormat(),
                saved.file().toString(),
                settings,
                drawn.generated().adapters(),
                drawn.seconds(),
                saved.encodeSeconds() + saved.writeSeconds());
        return progress.storeWith(before ->
                        writes.write(() -> services.store().recordImage(job.id(), job.attempt(), image, before)))
                .onSuccess(recorded -> count(settings, drawn, saved));
    }

    private void count(EffectiveSettings settings, Drawn drawn, SavedImage saved) {
        DrawingMetrics metrics = services.metrics().drawing();
        String model = request().model();
        metrics.image(model);
        if (!request().adapters().isEmpty()) {
            metrics.adapters(model, drawn.generated().stageSeconds().getOrDefault(Stage.LOAD_ADAPTERS, 0.0));
        }
        if (!matched) {
            matched = true;
            metrics.matched(model, drawn.generated().adapters());
        }
        drawn.generated()
                .stageSeconds()
                .forEach((stage, seconds) -> metrics.stage(model, stage.id(), settings.size(), seconds));
        metrics.stage(model, "encode_image", settings.size(), saved.encodeSeconds());
        metrics.stage(model, "save", settings.size(), saved.writeSeconds());
    }

    private void stopWhenCancelled() {
        if (cancellation.isCancelled()) {
            throw new CancellationException("the job was stopped");
        }
    }
}
