package dev.atelier.gateway.worker;

import dev.atelier.plugin.Device;
import dev.atelier.plugin.DeviceProbe;
import java.util.List;

/**
 * The devices to draw on.
 *
 * @param devices at least one
 * @param explanation one line for the log: what was chosen and why
 */
public record Devices(List<Device> devices, String explanation) {
    /** Copies the list. */
    public Devices {
        devices = List.copyOf(devices);
    }

    /** Returns the probe that is on the class path. */
    public static DeviceProbe installedProbe() {
        throw new UnsupportedOperationException();
    }

    /**
     * Decides by a setting: {@code cpu}, {@code cuda}, {@code cuda:N[,M]} or {@code auto}. Blocks for up to seconds.
     *
     * @throws IllegalArgumentException when the setting is malformed or names a GPU that cannot be used, saying why
     */
    public static Devices choose(String setting, DeviceProbe probe) {
        throw new UnsupportedOperationException();
    }
}
