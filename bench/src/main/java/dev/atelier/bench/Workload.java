package dev.atelier.bench;

import dev.atelier.plugin.AdapterFile;
import dev.atelier.plugin.Device;
import dev.atelier.plugin.DeviceProbe;
import dev.atelier.plugin.DeviceStatus;
import dev.atelier.plugin.GenerationPlan;
import dev.atelier.plugin.ImageSize;
import dev.atelier.plugin.Profile;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What to draw and where: the options that measuring and comparing share. */
final class Workload {
    @Parameters(index = "0", paramLabel = "CHECKPOINT", description = "A diffusers snapshot folder")
    Path checkpoint = Path.of("");

    @Option(names = "--width", description = "Pixels; default ${DEFAULT-VALUE}")
    int width = 1024;

    @Option(names = "--height", description = "Pixels; default ${DEFAULT-VALUE}")
    int height = 1024;

    @Option(names = "--steps", description = "Denoising steps; default ${DEFAULT-VALUE}")
    int steps = 8;

    @Option(names = "--guidance", description = "Guidance scale, 0 for none; default ${DEFAULT-VALUE}")
    double guidance = 1.0;

    @Option(names = "--threads", description = "Threads of an operator on the CPU; default all processors")
    int threads = Runtime.getRuntime().availableProcessors();

    @Option(names = "--prompt", description = "Default: ${DEFAULT-VALUE}")
    String prompt = "a photo of a person";

    @Option(names = "--device", description = "cpu or cuda:N; default ${DEFAULT-VALUE}")
    String device = "cpu";

    @Option(names = "--lora", description = "An adapter to apply")
    @Nullable
    Path lora;

    @Option(
            names = {"-s", "--setting"},
            paramLabel = "NAME=VALUE",
            description = "A setting of the plugin, such as precision=float32")
    Map<String, String> settings = new LinkedHashMap<>();

    Device device() {
        if (device.equals("cpu")) {
            return Device.CPU;
        }
        if (device.matches("cuda(:[0-9]{1,3})?")) {
            return Device.cuda(device.equals("cuda") ? 0 : Integer.parseInt(device.substring(5)));
        }
        throw new IllegalArgumentException("device must be cpu or cuda:N but was " + device);
    }

    /** Has the runtime's natives unpacked once for all runs, and fails where the device does not work. */
    void requireDevice() {
        DeviceProbe probe = ServiceLoader.load(DeviceProbe.class).findFirst().orElseThrow();
        DeviceStatus status = probe.probe(device());
        if (!status.alive()) {
            throw new IllegalStateException(status.device() + " does not work: " + status.problem());
        }
    }

    Map<String, String> pluginSettings() {
        Map<String, String> all = new LinkedHashMap<>(settings);
        all.putIfAbsent("threads", Integer.toString(threads));
        return all;
    }

    GenerationPlan plan() {
        return new GenerationPlan(
                prompt, "", new ImageSize(width, height), "Default", steps, guidance, 42, Profile.REFERENCE);
    }

    List<AdapterFile> adapters() throws IOException {
        return lora == null ? List.of() : List.of(adapter(lora, 1.0));
    }

    /** Returns a file as the gateway hands it over. */
    static AdapterFile adapter(Path file, double multiplier) throws IOException {
        return new AdapterFile(file.getFileName().toString(), file, sha256(file), multiplier);
    }

    private static String sha256(Path file) throws IOException {
        try (InputStream in = new DigestInputStream(Files.newInputStream(file), MessageDigest.getInstance("SHA-256"))) {
            in.transferTo(OutputStream.nullOutputStream());
            return HexFormat.of()
                    .formatHex(((DigestInputStream) in).getMessageDigest().digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
