package dev.atelier.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The real plugins and the demo checkpoint: upgraded, broken, removed and dropped in again, over and over, while jobs
 * stream through the gateway. No job is lost, fails or is drawn twice, and nothing is left behind.
 */
@Timeout(3600)
class PluginCyclesIT {
    private static final int CYCLES = Integer.getInteger("atelier.test.cycles", 1);
    private static final int WARM_UP = 1;
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    @TempDir
    Path folder;

    private final List<String> submitted = Collections.synchronizedList(new ArrayList<>());

    /** What a process holds. */
    private record Held(long classes, long threads, long files, long residentMiB) {
        static Held now() throws IOException {
            for (int i = 0; i < 5; i++) {
                System.gc();
                LockSupport.parkNanos(100_000_000);
            }
            try (Stream<Path> files = Files.list(Path.of("/proc/self/fd"))) {
                String resident = Files.readString(Path.of("/proc/self/statm")).split(" ", -1)[1];
                return new Held(
                        ManagementFactory.getClassLoadingMXBean().getLoadedClassCount(),
                        ManagementFactory.getThreadMXBean().getThreadCount(),
                        files.count(),
                        Long.parseLong(resident) * 4 / 1024);
            }
        }
    }

    @Test
    void exchangesPluginsUnderAStreamOfJobs() throws Exception {
        Path plugins = Files.createDirectories(folder.resolve("plugins"));
        for (String name : List.of("atelier-zimage-turbo", "atelier-zimage", "atelier-zimage-deturbo")) {
            Files.copy(real(name), plugins.resolve(name + ".zip"));
        }
        AtomicBoolean streaming = new AtomicBoolean(true);
        try (RunningGateway gateway = RunningGateway.start(folder, settings())) {
            Thread stream = new Thread(() -> stream(gateway, streaming), "stream");
            stream.start();
            Held before = null;
            for (int cycle = 1; cycle <= WARM_UP + CYCLES; cycle++) {
                cycle(gateway, plugins, cycle);
                if (cycle == WARM_UP) {
                    before = Held.now();
                }
            }
            streaming.set(false);
            stream.join();
            checkJobs(gateway);
            checkLeaks(before, Held.now());
        }
    }

    private static Map<Setting, String> settings() {
        return Map.of(
                Setting.CHECKPOINT,
                "Tongyi-MAI/Z-Image-Turbo=" + DemoJobs.FOLDER + ",Tongyi-MAI/Z-Image=" + DemoJobs.FOLDER
                        + ",ostris/Z-Image-De-Turbo=../plugins/zimage-turbo/src/test/resources/golden/deturbo-transformer",
                Setting.WORKFLOWS_BASE_PATH,
                DemoJobs.FOLDER.resolve("loras").toString());
    }

    private void stream(RunningGateway gateway, AtomicBoolean streaming) {
        for (int seed = 1; streaming.get(); seed++) {
            String id = gateway.submit(DemoJobs.request(seed));
            submitted.add(id);
            gateway.await(id);
        }
    }

    /** Upgrades the plugin that all others build on, offers a broken upgrade, and removes and restores a dependent. */
    private void cycle(RunningGateway gateway, Path plugins, int cycle) throws IOException {
        String version = "1." + cycle + ".0";
        Path turbo = plugins.resolve("atelier-zimage-turbo.zip");
        replace(turbo, text -> text.replaceFirst("plugin.version=.*", "plugin.version=" + version));
        await(
                "the upgrade",
                () -> version.equals(plugin(gateway, "zimage-turbo").getString("version")));

        Path broken = plugins.resolve("broken.zip");
        Files.copy(turbo, folder.resolve("next.zip"), StandardCopyOption.REPLACE_EXISTING);
        rewrite(
                folder.resolve("next.zip"),
                broken,
                text -> text.replaceFirst("plugin.version=.*", "plugin.version=9.0.0") + "\nplugin.class=not.There\n");
        await(
                "the refusal",
                () -> String.valueOf(plugin(gateway, "zimage-turbo").getString("reason"))
                        .contains("9.0.0 was not taken"));
        assertEquals("started", plugin(gateway, "zimage-turbo").getString("state"));
        Files.delete(broken);

        Path deturbo = plugins.resolve("atelier-zimage-deturbo.zip");
        Files.move(deturbo, folder.resolve("deturbo.zip"));
        await("the removal", () -> plugin(gateway, "zimage-deturbo").isEmpty());
        Files.move(folder.resolve("deturbo.zip"), deturbo);
        await(
                "the return",
                () -> "started".equals(plugin(gateway, "zimage-deturbo").getString("state")));
    }

    private static JsonObject plugin(RunningGateway gateway, String id) {
        return gateway.client().get("/v1/plugins").json().getJsonArray("plugins").stream()
                .map(JsonObject.class::cast)
                .filter(plugin -> plugin.getString("id").equals(id))
                .findFirst()
                .orElse(new JsonObject());
    }

    private static void await(String what, BooleanSupplier condition) {
        Instant end = Instant.now().plus(PATIENCE);
        while (!condition.getAsBoolean()) {
            assertTrue(Instant.now().isBefore(end), what + " did not come");
            LockSupport.parkNanos(50_000_000);
        }
    }

    private void checkJobs(RunningGateway gateway) throws IOException {
        assertTrue(submitted.size() > CYCLES, "jobs were drawn meanwhile: " + submitted.size());
        for (String id : submitted) {
            JsonObject result = gateway.await(id);
            assertEquals("succeeded", result.getString("status"), result.encode());
        }
        try (Stream<Path> pictures = Files.list(folder.resolve("out"))) {
            assertEquals(submitted.size(), pictures.count(), "one picture a job");
        }
    }

    // A generation has some 1500 classes of its own; one that stayed would show.
    private static void checkLeaks(Held before, Held after) {
        String both = before + " before, " + after + " after " + CYCLES + " cycles";
        System.out.println(both);
        assertTrue(after.classes() < before.classes() + 1000, both);
        assertTrue(after.threads() <= before.threads() + 5, both);
        assertTrue(after.files() <= before.files() + 20, both);
        assertTrue(after.residentMiB() < before.residentMiB() + 200, both);
    }

    private static Path real(String name) throws IOException {
        try (Stream<Path> zips = Files.list(Path.of("target/plugins"))) {
            return zips.filter(zip -> zip.getFileName().toString().matches(name + "-\\d.*"))
                    .findFirst()
                    .orElseThrow();
        }
    }

    private void replace(Path zip, UnaryOperator<String> properties) throws IOException {
        Path next = folder.resolve("next.zip");
        rewrite(zip, next, properties);
        Files.move(next, zip, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    private static void rewrite(Path from, Path to, UnaryOperator<String> properties) throws IOException {
        try (InputStream in = Files.newInputStream(from);
                ZipInputStream entries = new ZipInputStream(in);
                OutputStream out = Files.newOutputStream(to);
                ZipOutputStream written = new ZipOutputStream(out)) {
            for (ZipEntry entry = entries.getNextEntry(); entry != null; entry = entries.getNextEntry()) {
                byte[] content = entries.readAllBytes();
                written.putNextEntry(new ZipEntry(entry.getName()));
                boolean ours = entry.getName().equals("plugin.properties");
                written.write(
                        ours
                                ? properties
                                        .apply(new String(content, StandardCharsets.UTF_8))
                                        .getBytes(StandardCharsets.UTF_8)
                                : content);
            }
        }
    }
}
