package dev.atelier.gateway.adapter;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.atelier.gateway.adapter.remote.DownloadListener;
import dev.atelier.gateway.adapter.remote.RemoteFiles;
import dev.atelier.gateway.adapter.remote.RemoteFixture;
import dev.atelier.gateway.checkpoint.CheckpointStore;
import dev.atelier.gateway.job.AdapterReference;
import dev.atelier.gateway.registry.ModelCatalog;
import dev.atelier.gateway.registry.PluginRegistry;
import dev.atelier.gateway.testplugin.AdapterFixture;
import dev.atelier.gateway.testplugin.TestPlugin;
import dev.atelier.plugin.AdapterFile;
import dev.atelier.plugin.Cancellation;
import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineDescriptor;
import dev.atelier.plugin.PipelineException;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A PEFT folder: an adapter with its config beside it. */
class PeftFilesTest {
    private final Vertx vertx = Vertx.vertx();

    @TempDir
    Path folder;

    private Path base;
    private PluginRegistry registry;
    private AdapterFiles adapters;
    private RemoteFiles remote;
    private PipelineDescriptor model;

    @BeforeEach
    void prepare() throws IOException {
        base = Files.createDirectories(folder.resolve("loras"));
        AdapterFixture.write(base.resolve("job/my.safetensors"), "weights");
        AdapterFixture.write(folder.resolve("secret.safetensors"), "outside");
        TestPlugin.procedural("m").writeTo(folder.resolve("plugins"));
        registry = PluginRegistry.load(folder.resolve("plugins"), folder.resolve("data"));
        remote = RemoteFixture.closed(vertx, folder.resolve("downloads"));
        ModelCatalog catalog = new ModelCatalog(registry, new CheckpointStore(Map.of(), null, List.of()));
        adapters = new AdapterFiles(vertx, base, catalog, remote);
        model = catalog.find("m").orElseThrow();
    }

    @AfterEach
    void close() {
        registry.close();
        vertx.close().await();
    }

    private AdapterReference reference(String source) {
        return adapters.reference(source, 0.5, model, null).await();
    }

    private Future<AdapterFile> fetch(AdapterReference reference) {
        return adapters.fetch(reference, model, DownloadListener.NONE, Cancellation.NEVER)
                .map(FetchedAdapter::file);
    }

    private static PipelineException failure(Future<?> future) {
        return assertThrows(PipelineException.class, future::await);
    }

    @Test
    void hashesAPeftFolderWithItsConfigAfterTheFile() throws Exception {
        Path weights = AdapterFixture.write(base.resolve("peft/adapter_model.safetensors"), "weights");
        String alone =
                fetch(reference("peft/adapter_model.safetensors")).await().sha256();
        Path config = Files.writeString(base.resolve("peft/adapter_config.json"), "{}");

        AdapterFile fetched = fetch(reference("peft/adapter_model.safetensors")).await();

        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        digest.update(Files.readAllBytes(weights));
        digest.update(Files.readAllBytes(config));
        assertEquals(HexFormat.of().formatHex(digest.digest()), fetched.sha256());
        assertEquals(config.toRealPath(), fetched.config());
        assertNotEquals(alone, fetched.sha256());
    }

    @Test
    void failsAJobWhosePeftConfigChangedCameOrWent() throws IOException {
        AdapterFixture.write(base.resolve("peft/adapter_model.safetensors"), "weights");
        Path config = base.resolve("peft/adapter_config.json");
        AdapterReference without = reference("peft/adapter_model.safetensors");

        Files.writeString(config, "{\"r\": 8}");
        assertEquals(ErrorCode.LORA_CHANGED, failure(fetch(without)).code());

        AdapterReference with = reference("peft/adapter_model.safetensors");
        Files.writeString(config, "{\"r\": 4}");
        Files.setLastModifiedTime(config, FileTime.from(Instant.parse("2020-01-01T00:00:00Z")));
        assertEquals(ErrorCode.LORA_CHANGED, failure(fetch(with)).code());

        Files.delete(config);
        assertEquals(ErrorCode.LORA_CHANGED, failure(fetch(with)).code());
        assertNull(fetch(without).await().config());
    }

    @Test
    void givesNoOtherFileAConfig() throws IOException {
        AdapterFixture.write(base.resolve("peft/adapter_model.safetensors"), "weights");
        AdapterFixture.write(base.resolve("peft/other.safetensors"), "weights");
        Path config = Files.writeString(base.resolve("peft/adapter_config.json"), "{}");
        Files.createSymbolicLink(base.resolve("mine.safetensors"), Path.of("peft/adapter_model.safetensors"));

        assertNull(fetch(reference("peft/other.safetensors")).await().config());
        assertNull(fetch(reference("job/my.safetensors")).await().config());
        assertEquals(
                config.toRealPath(),
                fetch(reference("mine.safetensors")).await().config());
    }

    @Test
    void refusesAPeftConfigThatLeadsOut() throws IOException {
        AdapterFixture.write(base.resolve("peft/adapter_model.safetensors"), "weights");
        Files.createSymbolicLink(base.resolve("peft/adapter_config.json"), folder.resolve("secret.safetensors"));

        PipelineException failure = failure(adapters.reference("peft/adapter_model.safetensors", 1, model, null));

        assertEquals(ErrorCode.LORA_INVALID, failure.code());
        assertEquals(
                "peft/adapter_model.safetensors: adapter_config.json beside it must be a readable file below the LoRA"
                        + " folder but is not",
                failure.getMessage());
    }
}
