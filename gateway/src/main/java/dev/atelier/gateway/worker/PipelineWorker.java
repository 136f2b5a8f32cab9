package dev.atelier.gateway.worker;

import dev.atelier.gateway.log.LogFields;
import dev.atelier.plugin.AdapterFile;
import dev.atelier.plugin.Device;
import dev.atelier.plugin.DeviceProbe;
import dev.atelier.plugin.DeviceStatus;
import dev.atelier.plugin.EffectiveSettings;
import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.GeneratedImage;
import dev.atelier.plugin.GenerationPlan;
import dev.atelier.plugin.PipelineException;
import dev.atelier.plugin.ProgressListener;
import dev.atelier.plugin.TextToImagePipeline;
import io.vertx.core.Context;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.ThreadingModel;
import io.vertx.core.VerticleBase;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * The one thread that uses a device: it opens models and draws, and does nothing else. What it is asked for is done in
 * order; callers hear of the end through futures, never through the event bus, whose replies time out.
 */
final class PipelineWorker extends VerticleBase {
    /** Vert.x warns of a thread that is busy for longer: a job that ends in time is no reason to. */
    private static final Duration GRACE = Duration.ofMinutes(10);

    private final Device device;
    private final DeviceProbe probe;
    private final DrawingServices services;
    private final Pipelines pipelines;
    private final Future<Void> released;

    /**
     * Creates the worker of a device.
     *
     * @param released ends when nobody asks for anything any more; models are closed only then
     */
    PipelineWorker(
            Device device,
            DeviceProbe probe,
            DrawingServices services,
            DrawingSettings settings,
            Future<Void> released) {
        this.device = device;
        this.probe = probe;
        this.services = services;
        this.pipelines = new Pipelines(device, services, settings);
        this.released = released;
    }

    /** Returns how to deploy the worker of a device, so that it has one thread of its own for as long as it lives. */
    static DeploymentOptions deployment(Device device, Duration inferenceTimeout) {
        return new DeploymentOptions()
                .setThreadingModel(ThreadingModel.WORKER)
                .setWorkerPoolName("atelier-device-" + device)
                .setWorkerPoolSize(1)
                .setMaxWorkerExecuteTime(inferenceTimeout.plus(GRACE).toSeconds())
                .setMaxWorkerExecuteTimeUnit(TimeUnit.SECONDS);
    }

    @Override
    public Future<?> stop() {
        Promise<Void> closed = Promise.promise();
        released.onComplete(done -> context.runOnContext(here -> {
            pipelines.closeAll();
            closed.complete();
        }));
        return closed.future();
    }

    /** Tries the device. The first time, this loads the runtime that plugins use. */
    Future<DeviceStatus> probe() {
        return run(() -> probe.probe(device));
    }

    /** Opens a model ahead of any job. */
    Future<Void> open(String model) {
        return run(() -> {
                    pipelines.open(model);
                    return model;
                })
                .mapEmpty();
    }

    /** Lets go of models that were exchanged or removed. To be asked for between jobs. */
    Future<Void> closeRetired() {
        return run(() -> {
                    pipelines.closeRetired();
                    return device;
                })
                .mapEmpty();
    }

    /** Opens a model for a job that applies adapters of these hashes. */
    Future<Access> access(String model, List<String> adapters) {
        return run(() -> pipelines.access(model, adapters));
    }

    /** Settles a plan. */
    Future<EffectiveSettings> resolve(String model, GenerationPlan plan) {
        return run(() -> pipelines.get(model).resolve(plan));
    }

    /**
     * A picture that was drawn.
     *
     * @param generated what the pipeline gave
     * @param seconds from the start of its drawing to its pixels
     */
    record Drawn(GeneratedImage generated, double seconds) {}

    /**
     * A picture to be drawn.
     *
     * @param model the model id
     * @param effective what to draw
     * @param adapters applied, in order
     */
    record Picture(String model, EffectiveSettings effective, List<AdapterFile> adapters) {}

    /** Draws a picture. */
    Future<Drawn> draw(Picture picture, ProgressListener listener, JobCancellation cancellation) {
        return run(() -> {
            String model = picture.model();
            TextToImagePipeline pipeline = pipelines.get(model);
            ProgressListener shown = new ShownSteps(device, services.metrics().drawing(), listener);
            long start = System.nanoTime();
            GeneratedImage generated = withRoomFor(
                    model, () -> pipeline.generate(picture.effective(), picture.adapters(), shown, cancellation));
            double seconds = (System.nanoTime() - start) / 1e9;
            services.metrics().models().bytes(device, model, pipeline.residentBytes());
            return new Drawn(generated, seconds);
        });
    }

    // Adapters may need more of the device than the model took when it was opened.
    private GeneratedImage withRoomFor(String model, Supplier<GeneratedImage> drawing) {
        while (true) {
            try {
                return drawing.get();
            } catch (PipelineException e) {
                if (e.code() != ErrorCode.INSUFFICIENT_GPU_MEMORY || !pipelines.makeRoomFor(model)) {
                    throw e;
                }
            }
        }
    }

    // What follows a task runs where the caller was, not on the drawing thread.
    private <T> Future<T> run(Callable<T> task) {
        Context caller = vertx.getOrCreateContext();
        LogFields fields = LogFields.current();
        Promise<T> promise = Promise.promise();
        context.runOnContext(here -> {
            try {
                T result = fields.onThread(task);
                caller.runOnContext(back -> promise.complete(result));
            } catch (Throwable e) {
                // Whatever a plugin throws, the thread goes on for the next job.
                caller.runOnContext(back -> promise.fail(e));
            }
        });
        return promise.future();
    }
}
