package dev.atelier.gateway.adapter;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.atelier.gateway.adapter.remote.DownloadListener;
import dev.atelier.gateway.adapter.remote.RemoteFixture;
import dev.atelier.gateway.checkpoint.CheckpointStore;
import dev.atelier.gateway.job.AdapterReference;
import dev.atelier.gateway.registry.ModelCatalog;
import dev.atelier.gateway.registry.PluginRegistry;
import dev.atelier.gateway.testplugin.AdapterFixture;
import dev.atelier.gateway.testplugin.TestPlugin;
import dev.atelier.plugin.Cancellation;
import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineDescriptor;
import dev.atelier.plugin.PipelineException;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RequestTokensTest {
    private final Vertx vertx = Vertx.vertx();

    @TempDir
    Path folder;

    @AfterEach
    void close() {
        vertx.close().await();
    }

    @Test
    void holdsATokenUntilItsAdapterIsFetched() throws IOException {
        byte[] weights = Files.readAllBytes(AdapterFixture.write(folder.resolve("weights"), "weights"));
        int hub = vertx.createHttpServer()
                .requestHandler(request -> request.response().end(Buffer.buffer(weights)))
                .listen(0, "127.0.0.1")
                .await()
                .actualPort();
        TestPlugin.procedural("m").writeTo(folder.resolve("plugins"));
        Path cache = folder.resolve("downloads");
        try (PluginRegistry registry = PluginRegistry.load(folder.resolve("plugins"), folder.resolve("data"))) {
            ModelCatalog catalog = new ModelCatalog(registry, new CheckpointStore(Map.of(), null, List.of()));
            PipelineDescriptor model = catalog.find("m").orElseThrow();
            AdapterFiles files = new AdapterFiles(vertx, folder, catalog, RemoteFixture.open(vertx, cache, hub));
            AdapterReference reference =
                    files.reference("hf://org/repo/own", 1, model, "hf_mine").await();

            for (int i = 0; i < 2; i++) { // the second time it is in the cache
                FetchedAdapter fetched = fetch(files, reference, model).await();
                fetched.release().await();
            }
            Files.delete(cache.resolve(reference.cachedAs()));

            PipelineException lost = assertThrows(PipelineException.class, fetch(files, reference, model)::await);
            assertEquals(ErrorCode.HF_TOKEN_LOST, lost.code());
        }
    }

    @Test
    void dropsWhatNoJobHasClaimedForMinutesAndKeepsTheRest() {
        AtomicLong now = new AtomicLong(-5);
        RequestTokens tokens = new RequestTokens(now::get);
        String lost = tokens.hold("hf_lost");
        String claimed = tokens.hold("hf_claimed");
        tokens.claim(claimed);
        now.addAndGet(Duration.ofMinutes(4).toNanos());
        String recent = tokens.hold("hf_recent");
        tokens.forgetUnclaimed();
        assertEquals(Optional.of("hf_lost"), tokens.find(lost));

        now.addAndGet(Duration.ofMinutes(2).toNanos());
        tokens.forgetUnclaimed();

        assertEquals(Optional.empty(), tokens.find(lost));
        assertEquals(Optional.of("hf_claimed"), tokens.find(claimed));
        assertEquals(Optional.of("hf_recent"), tokens.find(recent));
        tokens.clear();
        assertEquals(0, tokens.size());
    }

    @Test
    void neverClaimsWhatWasForgotten() {
        RequestTokens tokens = new RequestTokens(System::nanoTime);
        String key = tokens.hold("hf_a");
        tokens.forget(key);

        tokens.claim(key);

        assertEquals(0, tokens.size());
    }

    private static Future<FetchedAdapter> fetch(
            AdapterFiles files, AdapterReference reference, PipelineDescriptor model) {
        return files.fetch(reference, model, DownloadListener.NONE, Cancellation.NEVER);
    }
}
