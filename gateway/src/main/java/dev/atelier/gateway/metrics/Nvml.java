package dev.atelier.gateway.metrics;

import com.sun.jna.Memory;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Platform;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.PointerByReference;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * NVIDIA's management library, which comes with the driver: how full and how busy GPUs are, whoever uses them. Layouts:
 * {@code nvmlMemory_t} is total, free and used, 64 bits each; {@code nvmlUtilization_t} is percents of GPU and memory,
 * 32 bits each.
 */
final class Nvml {
    private static final int MEMORY_BYTES = 24;
    private static final int USED_AT = 16;
    private static final int UTILIZATION_BYTES = 8;
    private static final double PERCENT = 100;

    private final NativeLibrary library;
    private final @Nullable String visible;

    private Nvml(NativeLibrary library, @Nullable String visible) {
        this.library = library;
        this.visible = visible;
    }

    /**
     * A GPU a moment ago.
     *
     * @param usedBytes its memory in use
     * @param totalBytes its memory
     * @param utilization the share of the time in which it computed
     */
    record Reading(long usedBytes, long totalBytes, double utilization) {}

    /** Opens the library; empty where there is none. */
    static Optional<Nvml> open() {
        return open(Platform.isWindows() ? "nvml" : "libnvidia-ml.so.1", System.getenv("CUDA_VISIBLE_DEVICES"));
    }

    /**
     * Opens a library.
     *
     * @param visible which GPUs CUDA numbers from 0 on, as {@code CUDA_VISIBLE_DEVICES} says; null for all
     */
    static Optional<Nvml> open(String name, @Nullable String visible) {
        try {
            Nvml nvml = new Nvml(NativeLibrary.getInstance(name), visible);
            return nvml.succeeds("nvmlInit_v2") ? Optional.of(nvml) : Optional.empty();
        } catch (LinkageError e) {
            return Optional.empty(); // no driver, or none that has this library
        }
    }

    private boolean succeeds(String function, Object... arguments) {
        return library.getFunction(function).invokeInt(arguments) == 0;
    }

    /** Reads the GPU that CUDA gives this number; empty when the driver does not tell. */
    Optional<Reading> read(int cudaIndex) {
        PointerByReference device = new PointerByReference();
        try (Memory memory = new Memory(MEMORY_BYTES);
                Memory utilization = new Memory(UTILIZATION_BYTES)) {
            if (!find(cudaIndex, device)) {
                return Optional.empty();
            }
            Pointer handle = device.getValue();
            boolean told = succeeds("nvmlDeviceGetMemoryInfo", handle, memory)
                    && succeeds("nvmlDeviceGetUtilizationRates", handle, utilization);
            return told
                    ? Optional.of(
                            new Reading(memory.getLong(USED_AT), memory.getLong(0), utilization.getInt(0) / PERCENT))
                    : Optional.empty();
        }
    }

    // CUDA counts the GPUs that it may see, by number or by id; without the variable both count alike where
    // CUDA_DEVICE_ORDER is PCI_BUS_ID or the GPUs are of one kind.
    private boolean find(int cudaIndex, PointerByReference device) {
        String[] names = visible == null || visible.isBlank() ? new String[0] : visible.split(",", -1);
        String name = cudaIndex < names.length ? names[cudaIndex].strip() : Integer.toString(cudaIndex);
        return name.matches("\\d{1,4}")
                ? succeeds("nvmlDeviceGetHandleByIndex_v2", Integer.valueOf(name), device)
                : succeeds("nvmlDeviceGetHandleByUUID", name, device);
    }
}
