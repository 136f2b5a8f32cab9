package dev.atelier.gateway.worker;

import dev.atelier.plugin.Device;
import dev.atelier.plugin.DeviceProbe;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One device at work: a loop on an event loop that claims jobs, keeps their claims alive, watches the time and ends
 * them, and one thread that draws. The device is ready for jobs when the deployment succeeds; its models may still be
 * opening. Undeployed, it stops what it draws and puts the job back into the queue.
 */
public final class DeviceAgent extends VerticleBase {
    /** The exit code that asks the platform for a new process, because the device's context is dead. */
    public static final int DEVICE_LOST_EXIT = 70;

    private static final Logger LOG = LoggerFactory.getLogger(DeviceAgent.class);

    private final Device device;
    private final DeviceProbe probe;
    private final DrawingServices services;
    private final DrawingSettings settings;
    private final Consumer<Loss> onLoss;
    private final Promise<Void> prepared = Promise.promise();
    private volatile @Nullable ClaimLoop loop;
    private volatile boolean lost;

    /**
     * Creates the agent of a device.
     *
     * @param onLoss called once, on an event loop, after a dead device's job was written; ends the process
     */
    public DeviceAgent(Device device, DrawingServices services, DrawingSettings settings, Consumer<Loss> onLoss) {
        this(device, Devices.installedProbe(), services, settings, onLoss);
    }

    DeviceAgent(
            Device device,
            DeviceProbe probe,
            DrawingServices services,
            DrawingSettings settings,
            Consumer<Loss> onLoss) {
        this.device = device;
        this.probe = probe;
        this.services = services;
        this.settings = settings;
        this.onLoss = onLoss;
    }

    // Vert.x undeploys both children at once: the loop stops the drawing, and the thread closes its models after that.
    @Override
    public Future<?> start() {
        Promise<Void> idle = Promise.promise();
        PipelineWorker worker = new PipelineWorker(device, probe, services, settings, idle.future());
        ClaimLoop claims = new ClaimLoop(device, worker, services, settings, this::lose);
        loop = claims;
        claims.ended().onComplete(idle);
        DeploymentOptions thread = PipelineWorker.deployment(device, settings.inferenceTimeout());
        return vertx.deployVerticle(worker, thread)
                .onSuccess(deployed -> prepare(worker))
                .compose(deployed -> vertx.deployVerticle(claims))
                .onFailure(failure -> idle.tryComplete());
    }

    private void lose(Loss loss) {
        lost = true;
        onLoss.accept(loss);
    }

    /** Returns the device. */
    public Device device() {
        return device;
    }

    /** Returns whether the device's context is dead. Safe from any thread. */
    public boolean isLost() {
        return lost;
    }

    /** Ends when the models that are opened at the start are open, or have failed to. */
    public Future<Void> prepared() {
        return prepared.future();
    }

    /** Takes no more jobs; ends when the one that is drawn has ended. Asked for once the device is ready for jobs. */
    public Future<Void> drain() {
        ClaimLoop claims = loop;
        return claims == null ? Future.succeededFuture() : claims.drain();
    }

    /** Takes no more jobs and puts the one back that is drawn, which is no loss; ends when that is done. */
    public Future<Void> putBack() {
        ClaimLoop claims = loop;
        return claims == null ? Future.succeededFuture() : claims.putBack();
    }

    // In the background: jobs wait in the queue meanwhile, and a model that fails to open fails its jobs with the
    // reason.
    private void prepare(PipelineWorker worker) {
        worker.probe().onSuccess(status -> {
            if (!status.alive()) {
                LOG.error("{}: the device does not work: {}", device, status.problem());
            }
        });
        services.outputs().warmUp();
        List<Future<Void>> opening = new ArrayList<>();
        for (String model : services.catalog().servedIds()) {
            opening.add(worker.open(model).onFailure(e -> LOG.error("{}: model {} does not open", device, model, e)));
        }
        Future.join(opening).onComplete(done -> prepared.tryComplete());
    }
}
