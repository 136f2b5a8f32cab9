package dev.atelier.gateway.worker;

import dev.atelier.plugin.Device;
import dev.atelier.plugin.DeviceProbe;
import dev.atelier.plugin.DeviceStatus;
import java.util.List;
import java.util.ServiceLoader;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The devices to draw on.
 *
 * @param devices none where others draw
 * @param explanation one line for the log: what was chosen and why
 */
public record Devices(List<Device> devices, String explanation) {
    /** Nothing to draw on. */
    public static final Devices NONE = new Devices(List.of(), "drawing nothing, as configured: workers do");

    private static final Pattern CUDA = Pattern.compile("cuda(?::(\\d{1,4}(?:,\\d{1,4})*))?");

    /** Copies the list. */
    public Devices {
        devices = List.copyOf(devices);
    }

    /** Returns the probe that is on the class path. */
    public static DeviceProbe installedProbe() {
        return ServiceLoader.load(DeviceProbe.class, DeviceProbe.class.getClassLoader())
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("no device probe is on the class path"));
    }

    /**
     * Decides by a setting: {@code cpu}, {@code cuda}, {@code cuda:N[,M]} or {@code auto}. Blocks for up to seconds
     * where there may be a GPU.
     *
     * @throws IllegalArgumentException when the setting is malformed or names a GPU that cannot be used, saying why
     */
    public static Devices choose(String setting, DeviceProbe probe) {
        if (setting.equals("cpu")) {
            return new Devices(List.of(Device.CPU), "drawing on the CPU, as configured");
        }
        if (setting.equals("auto")) {
            return automatic(probe.probe(Device.cuda(0)));
        }
        Matcher cuda = CUDA.matcher(setting);
        if (!cuda.matches()) {
            throw new IllegalArgumentException(
                    "device must be cpu, cuda, cuda:N[,M...] or auto but was '" + setting + "'");
        }
        String indices = cuda.group(1) == null ? "0" : cuda.group(1);
        List<Device> devices = Stream.of(indices.split(","))
                .map(Integer::valueOf)
                .distinct()
                .map(Device::cuda)
                .toList();
        List<String> names = devices.stream()
                .map(device -> requireAlive(probe.probe(device)))
                .toList();
        return new Devices(devices, "drawing on " + String.join(" and ", names) + ", as configured");
    }

    private static Devices automatic(DeviceStatus gpu) {
        return gpu.alive()
                ? new Devices(List.of(gpu.device()), "drawing on " + described(gpu) + ", found by itself")
                : new Devices(List.of(Device.CPU), "drawing on the CPU, because " + gpu.problem());
    }

    private static String requireAlive(DeviceStatus gpu) {
        if (!gpu.alive()) {
            throw new IllegalArgumentException(gpu.device() + " cannot be used: " + gpu.problem());
        }
        return described(gpu);
    }

    private static String described(DeviceStatus gpu) {
        return gpu.device() + " (" + gpu.name() + ")";
    }
}
