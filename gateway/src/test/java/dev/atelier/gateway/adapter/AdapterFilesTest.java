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
import java.nio.file.StandardCopyOption;
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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AdapterFilesTest {
    private final Vertx vertx = Vertx.vertx();

    @TempDir
    Path folder;

    private Path base;
    private Path file;
    private PluginRegistry registry;
    private AdapterFiles adapters;
    private RemoteFiles remote;
    private PipelineDescriptor model;

    @BeforeEach
    void prepare() throws IOException {
        base = Files.createDirectories(folder.resolve("loras"));
        file = AdapterFixture.write(base.resolve("job/my.safetensors"), "weights");
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

    private void assertAbsent(String source) {
        PipelineException failure = failure(adapters.reference(source, 1, model, null));
        assertEquals(ErrorCode.LORA_NOT_FOUND, failure.code());
        assertEquals("LoRA file not found: " + source, failure.getMessage());
        assertEquals(Map.of(), failure.details());
    }

    @Test
    void takesARelativePathUnderTheBaseFolder() throws IOException {
        AdapterReference reference = reference("job/my.safetensors");

        assertEquals("job/my.safetensors", reference.source());
        assertEquals(0.5, reference.multiplier());
        assertEquals(Files.size(file), reference.size());
        assertEquals(Files.getLastModifiedTime(file).toInstant(), reference.modified());
    }

    @Test
    void takesAnAbsolutePathInsideTheBaseFolder() {
        assertEquals(file.toString(), reference(file.toString()).source());
    }

    @Test
    void takesLinksThatStayInside() throws IOException {
        Files.createSymbolicLink(base.resolve("latest.safetensors"), Path.of("job/my.safetensors"));

        assertEquals(Files.size(file), reference("latest.safetensors").size());
        assertEquals(Files.size(file), reference("job/../latest.safetensors").size());
    }

    @Test
    void takesABaseFolderThatIsALinkItself() throws IOException {
        Path link = Files.createSymbolicLink(folder.resolve("link"), base);
        AdapterFiles linked = new AdapterFiles(
                vertx, link, new ModelCatalog(registry, new CheckpointStore(Map.of(), null, List.of())), remote);

        for (Path root : List.of(link, base)) {
            String source = root.resolve("job/my.safetensors").toString();
            assertEquals(
                    Files.size(file),
                    linked.reference(source, 1, model, null).await().size());
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "absent.safetensors",
                "",
                ".",
                "job",
                "job/my.safetensors/",
                "job/my.safetensors/more",
                "../secret.safetensors",
                "job/../../secret.safetensors",
                "../loras/job/my.safetensors",
                "/etc/passwd",
                "a\0b",
                "~/x"
            })
    void refusesAllElseAsIfItWereAbsent(String source) {
        assertAbsent(source);
    }

    @Test
    void refusesPathsOverLinksThatLeadOut() throws IOException {
        Files.createSymbolicLink(base.resolve("out.safetensors"), folder.resolve("secret.safetensors"));
        Files.createSymbolicLink(base.resolve("up"), folder);
        Files.createSymbolicLink(base.resolve("loop"), base.resolve("loop"));

        assertAbsent("out.safetensors");
        assertAbsent("up/secret.safetensors");
        assertAbsent("up/loras/../secret.safetensors");
        assertAbsent("loop");
        assertAbsent(folder.resolve("secret.safetensors").toString());
        assertAbsent(folder + "/loras/../secret.safetensors");
    }

    @Test
    void refusesASiblingWhoseNameBeginsLikeTheBaseFolder() throws IOException {
        Path sibling = AdapterFixture.write(folder.resolve("loras-private/x.safetensors"), "w");

        assertAbsent(sibling.toString());
        assertAbsent("../loras-private/x.safetensors");
    }

    @Test
    void refusesEverythingWhenTheBaseFolderIsNotThere() {
        AdapterFiles nowhere = new AdapterFiles(
                vertx,
                folder.resolve("nowhere"),
                new ModelCatalog(registry, new CheckpointStore(Map.of(), null, List.of())),
                remote);

        assertEquals(
                ErrorCode.LORA_NOT_FOUND,
                failure(nowhere.reference("job/my.safetensors", 1, model, null)).code());
    }

    @Test
    void refusesAFileThatIsNoAdapter() throws IOException {
        Files.writeString(base.resolve("text.safetensors"), "this is no adapter");
        Files.createFile(base.resolve("empty.safetensors"));

        for (String source : List.of("text.safetensors", "empty.safetensors")) {
            assertEquals(
                    ErrorCode.LORA_INVALID,
                    failure(adapters.reference(source, 1, model, null)).code());
        }
    }

    @Test
    void acceptsAUrlUnseen() {
        for (String source : List.of("https://a.example/x.safetensors", "HTTPS://a.example/x", "hf://org/repo/file")) {
            assertNull(reference(source).size());
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://127.0.0.1:1/x.safetensors",
                "https://localhost/x.safetensors",
                "http://a.example/x.safetensors",
                "HTTP://a.example/x.safetensors",
                "https://ann:secret@a.example/x.safetensors",
                "https://huggingface.co/org/repo/tree/main",
                "hf://org",
                "ftp://a.example/x",
                "file:///etc/passwd"
            })
    void refusesAUrlThatAloneTellsThatItMayNotBeAsked(String source) {
        assertEquals(
                ErrorCode.LORA_URL_NOT_ALLOWED,
                failure(adapters.reference(source, 1, model, "hf_mine")).code());
        assertEquals(
                ErrorCode.LORA_URL_NOT_ALLOWED,
                failure(fetch(new AdapterReference(source, 1, null, null))).code());
    }

    @Test
    void fetchesTheFileWithItsHash() throws Exception {
        AdapterFile fetched = fetch(reference("job/my.safetensors")).await();

        byte[] digest = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file));
        assertEquals(
                new AdapterFile(
                        "job/my.safetensors", file.toRealPath(), HexFormat.of().formatHex(digest), 0.5),
                fetched);
        assertEquals(fetched, fetch(reference("job/my.safetensors")).await());
    }

    @Test
    void failsAJobWhoseFileHasAnotherSizeOrTime() throws IOException {
        AdapterReference reference = reference("job/my.safetensors");

        Files.setLastModifiedTime(file, FileTime.from(Instant.parse("2020-01-01T00:00:00Z")));
        assertEquals(ErrorCode.LORA_CHANGED, failure(fetch(reference)).code());

        AdapterFixture.write(file, "longer weights");
        Files.setLastModifiedTime(file, FileTime.from(reference.modified()));
        assertEquals(ErrorCode.LORA_CHANGED, failure(fetch(reference)).code());
    }

    @Test
    void failsAJobWhoseFileIsGoneOrLeadsOutByNow() throws IOException {
        AdapterReference reference = reference("job/my.safetensors");

        Files.move(file, folder.resolve("moved"), StandardCopyOption.ATOMIC_MOVE);
        assertEquals(ErrorCode.LORA_NOT_FOUND, failure(fetch(reference)).code());

        Files.createSymbolicLink(file, folder.resolve("moved"));
        assertEquals(ErrorCode.LORA_NOT_FOUND, failure(fetch(reference)).code());
    }

    @Test
    void hashesAgainWhenAFileIsReplaced() throws IOException {
        String first = fetch(reference("job/my.safetensors")).await().sha256();

        AdapterFixture.write(file, "WEIGHTS");
        Files.setLastModifiedTime(file, FileTime.from(Instant.parse("2020-01-01T00:00:00Z")));
        String second = fetch(reference("job/my.safetensors")).await().sha256();

        assertEquals(64, second.length());
        assertNotEquals(first, second);
    }
}
