package dev.atelier.plugin;

import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * What a probe found out about a device.
 *
 * @param device the device
 * @param name what the device calls itself
 * @param alive whether a computation ran on it just now
 * @param problem why it is not alive, such as the missing library; null when alive
 * @param totalBytes its memory, where known
 * @param freeBytes its free memory, where known
 */
public record DeviceStatus(
        Device device,
        String name,
        boolean alive,
        @Nullable String problem,
        OptionalLong totalBytes,
        OptionalLong freeBytes) {}
