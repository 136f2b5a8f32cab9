package dev.atelier.gateway.worker;

import dev.atelier.plugin.Device;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;

/**
 * The event-loop side of one device: claims jobs, renews its claim, watches the time and ends jobs. Deploys the
 * device's drawing thread with itself; the device is ready for jobs when the deployment succeeds, models may still be
 * opening.
 */
public final class DeviceAgent extends VerticleBase {
    /** The exit code that asks the platform for a new process, because the device's context is dead. */
    public static final int DEVICE_LOST_EXIT = 70;

    /**
     * Creates the agent of a device.
     *
     * @param onDeviceLost called once, on an event loop, after a dead device's job was written; ends the process
     */
    public DeviceAgent(Device device, DrawingServices services, DrawingSettings settings, Runnable onDeviceLost) {}

    @Override
    public Future<?> start() {
        throw new UnsupportedOperationException();
    }
}
