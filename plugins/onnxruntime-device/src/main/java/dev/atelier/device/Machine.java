package dev.atelier.device;

import com.sun.management.OperatingSystemMXBean;
import dev.atelier.plugin.Device;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.stream.Stream;

/** What this machine calls its processor, and how much memory it has. */
final class Machine {
    private static final Path CPUS = Path.of("/proc/cpuinfo");

    private Machine() {}

    static String processor() {
        String otherwise = System.getProperty("os.arch");
        if (!Files.isReadable(CPUS)) {
            return otherwise;
        }
        try (Stream<String> lines = Files.lines(CPUS)) {
            return lines.filter(line -> line.startsWith("model name"))
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .findFirst()
                    .orElse(otherwise);
        } catch (IOException e) {
            return otherwise;
        }
    }

    static OptionalLong memory(Device device) {
        boolean known = device.kind() == Device.Kind.CPU
                && ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean;
        return known
                ? OptionalLong.of(
                        ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getTotalMemorySize())
                : OptionalLong.empty();
    }
}
