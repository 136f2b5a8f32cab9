package dev.atelier.device;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** What can be known of NVIDIA's driver without loading anything, which would cost seconds where there is none. */
final class CudaDriver {
    private static final String LIBRARY = "libcuda.so.1";
    private static final List<String> NODES = List.of("/dev/nvidiactl", "/dev/nvidia0", "/dev/dxg");
    private static final Path LOADER_CACHE = Path.of("/etc/ld.so.cache");
    private static final Path GPUS = Path.of("/proc/driver/nvidia/gpus");

    private CudaDriver() {}

    /** Returns why there can be no GPU; empty when there may be one. Only Linux is judged. */
    static Optional<String> absence() {
        if (!System.getProperty("os.name").startsWith("Linux")) {
            return Optional.empty();
        }
        boolean found = NODES.stream().map(Path::of).anyMatch(Files::exists) || onLibraryPath() || inLoaderCache();
        return found
                ? Optional.empty()
                : Optional.of("there is no NVIDIA driver on this machine: " + LIBRARY + " was not found");
    }

    private static boolean onLibraryPath() {
        String path = System.getenv("LD_LIBRARY_PATH");
        return path != null
                && Stream.of(path.split(":"))
                        .filter(folder -> !folder.isEmpty())
                        .anyMatch(folder -> Files.exists(Path.of(folder, LIBRARY)));
    }

    // The cache lists its libraries as text between zero bytes.
    private static boolean inLoaderCache() {
        try {
            return Files.isRegularFile(LOADER_CACHE)
                    && new String(Files.readAllBytes(LOADER_CACHE), StandardCharsets.ISO_8859_1).contains(LIBRARY);
        } catch (IOException e) {
            return false;
        }
    }

    /** Returns what the driver calls the GPU of a machine that has one; with several, their order is not known here. */
    static Optional<String> onlyGpu() {
        try (Stream<Path> gpus = Files.list(GPUS)) {
            List<Path> all = gpus.toList();
            if (all.size() != 1) {
                return Optional.empty();
            }
            return Files.readAllLines(all.get(0).resolve("information")).stream()
                    .filter(line -> line.startsWith("Model:"))
                    .map(line -> line.substring("Model:".length()).strip())
                    .findFirst();
        } catch (IOException e) {
            return Optional.empty();
        }
    }
}
