package dev.atelier.gateway.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.plugin.ComponentSource;
import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.GenerationDefaults;
import dev.atelier.plugin.ImageSize;
import dev.atelier.plugin.PipelineDescriptor;
import dev.atelier.plugin.PipelineException;
import dev.atelier.plugin.Profile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckpointStoreTest {
    private static final String BASE = "Tongyi-MAI/Z-Image-Turbo";
    private static final String OTHER = "ostris/Z-Image-De-Turbo";
    private static final PipelineDescriptor MODEL = new PipelineDescriptor(
            "deturbo",
            "",
            BASE,
            new GenerationDefaults(new ImageSize(64, 64), 1, 1, 42),
            32,
            1,
            false,
            Set.of(Profile.REFERENCE),
            List.of("Default"),
            Map.of(
                    "vae", new ComponentSource(BASE, "main", "vae"),
                    "transformer", new ComponentSource(OTHER, "main", "transformer")));

    @TempDir
    Path folder;

    private Path create(String path) throws IOException {
        return Files.createDirectories(folder.resolve(path));
    }

    private Path snapshot(String cache, String repository, String commit, String component) throws IOException {
        Path repo = create(cache).resolve("models--" + repository.replace("/", "--"));
        Files.createDirectories(repo.resolve("refs"));
        Files.writeString(repo.resolve("refs/main"), commit + "\n");
        return Files.createDirectories(repo.resolve("snapshots").resolve(commit).resolve(component));
    }

    @Test
    void findsAPlainFolder() throws IOException {
        Path vae = create("cache/" + BASE + "/vae");

        assertEquals(vae, new CheckpointStore(Map.of(), folder.resolve("cache"), List.of()).folder(MODEL, "vae"));
    }

    @Test
    void findsTheHubsLayoutThroughItsRef() throws IOException {
        snapshot("hub", BASE, "0000old", "vae");
        Path vae = snapshot("hub", BASE, "1234abcd", "vae");

        assertEquals(vae, new CheckpointStore(Map.of(), null, List.of(folder.resolve("hub"))).folder(MODEL, "vae"));
    }

    @Test
    void findsTheHubsLayoutInTheModelCacheToo() throws IOException {
        Path vae = snapshot("cache", BASE, "1234abcd", "vae");

        assertEquals(vae, new CheckpointStore(Map.of(), folder.resolve("cache"), List.of()).folder(MODEL, "vae"));
    }

    @Test
    void prefersPlainFoldersAndThenTheFirstCache() throws IOException {
        Path plain = create("cache/" + BASE + "/vae");
        snapshot("cache", BASE, "1", "vae");
        Path first = snapshot("one", OTHER, "1", "transformer");
        snapshot("two", OTHER, "1", "transformer");
        CheckpointStore store = new CheckpointStore(
                Map.of(), folder.resolve("cache"), List.of(folder.resolve("one"), folder.resolve("two")));

        assertEquals(plain, store.folder(MODEL, "vae"));
        assertEquals(first, store.folder(MODEL, "transformer"));
        assertEquals(Optional.empty(), store.missing(MODEL));
    }

    @Test
    void looksNowhereElseForAGivenRepository() throws IOException {
        create("cache/" + BASE + "/vae");
        Path given = create("given/vae");
        Path cache = folder.resolve("cache");

        assertEquals(
                given,
                new CheckpointStore(Map.of(BASE, folder.resolve("given")), cache, List.of()).folder(MODEL, "vae"));
        CheckpointStore wrong = new CheckpointStore(Map.of(BASE, folder.resolve("nowhere")), cache, List.of());
        PipelineException failure = assertThrows(PipelineException.class, () -> wrong.folder(MODEL, "vae"));
        assertTrue(failure.getMessage().contains(folder.resolve("nowhere/vae").toString()), failure.getMessage());
    }

    @Test
    void takesAModelIdForItsBaseRepositoryOnly() throws IOException {
        Path vae = create("given/vae");
        create("given/transformer");
        CheckpointStore store = new CheckpointStore(Map.of("deturbo", folder.resolve("given")), null, List.of());

        assertEquals(vae, store.folder(MODEL, "vae"));
        assertThrows(PipelineException.class, () -> store.folder(MODEL, "transformer"));
    }

    @Test
    void saysWhereItLooked() {
        CheckpointStore store = new CheckpointStore(Map.of(), folder.resolve("cache"), List.of(folder.resolve("hub")));

        PipelineException failure = assertThrows(PipelineException.class, () -> store.folder(MODEL, "transformer"));

        assertEquals(ErrorCode.MODEL_NOT_AVAILABLE, failure.code());
        assertTrue(failure.getMessage()
                .contains(folder.resolve("cache/" + OTHER + "/transformer").toString()));
        assertTrue(failure.getMessage()
                .contains(folder.resolve("hub/models--ostris--Z-Image-De-Turbo").toString()));
        assertEquals(Optional.of(failure.getMessage()), store.missing(MODEL));
    }

    @Test
    void takesAFileForNoFolder() throws IOException {
        Files.createFile(create("cache/" + BASE).resolve("vae"));

        assertTrue(new CheckpointStore(Map.of(), folder.resolve("cache"), List.of())
                .missing(MODEL)
                .isPresent());
    }

    @Test
    void findsTheHubsCachesAsItsOwnLibraryDoes() {
        Path home = Path.of("/home/u");

        assertEquals(
                List.of(Path.of("/home/u/.cache/huggingface/hub")),
                CheckpointStore.hubCaches(Map.of("HF_HOME", ""), Optional.of(home)));
        assertEquals(
                List.of(Path.of("/c"), Path.of("/hf/hub"), Path.of("/home/u/.cache/huggingface/hub")),
                CheckpointStore.hubCaches(Map.of("HF_HUB_CACHE", "/c", "HF_HOME", "/hf"), Optional.of(home)));
    }
}
