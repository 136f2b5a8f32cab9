package dev.atelier.plugin;

/**
 * Tells whether a device can be used. Found with {@link java.util.ServiceLoader} on the gateway's class path; the first
 * call prepares the native runtime.
 */
public interface DeviceProbe {
    /**
     * Tries the device. Blocks for up to seconds; call it off the event loop.
     *
     * @return its state; a device that cannot be used is a result, not an exception
     */
    DeviceStatus probe(Device device);
}
