package dev.atelier.zimage;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.plugin.Cancellation;
import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.GenerationPlan;
import dev.atelier.plugin.ImageSize;
import dev.atelier.plugin.PipelineException;
import dev.atelier.plugin.Profile;
import dev.atelier.plugin.RgbImage;
import dev.atelier.plugin.TextToImagePipeline;
import dev.atelier.synthetic.Presets;
import dev.atelier.zimage.checkpoint.Checkpoint;
import dev.atelier.zimage.checkpoint.TensorEntry;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a damaged or unusual checkpoint folder gives: a clear error, or the same picture. */
class CheckpointFaultsTest {
    @TempDir
    private Path folder;

    private Path snapshot;

    @BeforeEach
    void write() throws IOException {
        snapshot = folder.resolve("snapshot");
        Presets.tiny(7).writeTo(snapshot, Golden.DEMO.resolve("tokenizer"));
    }

    @Test
    void namesTheTensorThatContradictsTheConfig() throws IOException {
        replace("transformer/config.json", "\"n_layers\": 3", "\"n_layers\": 4");
        assertInvalid("layers.3.adaLN_modulation.0.weight", "transformer");
        replace("transformer/config.json", "\"n_layers\": 4", "\"n_layers\": 3");
        replace("vae/config.json", "[16, 24, 32]", "[16, 24, 40]");
        assertInvalid("vae", "[40, 8, 3, 3]", "[32, 8, 3, 3]");
    }

    @Test
    void namesComponentsThatDoNotFitTogether() throws IOException {
        replace("transformer/config.json", "\"cap_feat_dim\": 72", "\"cap_feat_dim\": 80");
        assertInvalid("cap_feat_dim", "72", "80");
    }

    @Test
    void namesAMissingShard() throws IOException {
        Path shard = shards("transformer").get(1);
        Files.delete(shard);
        assertInvalid(shard.getFileName().toString());
    }

    @Test
    void namesATruncatedShard() throws IOException {
        Path shard = shards("text_encoder").get(0);
        try (RandomAccessFile file = new RandomAccessFile(shard.toFile(), "rw")) {
            file.setLength(file.length() - 1);
        }
        assertInvalid(shard.getFileName().toString());
    }

    @Test
    void failsAJobWhosePixelsAreNotFiniteAndStaysUsable() throws IOException {
        TensorEntry bias = Checkpoint.open(snapshot.resolve("vae")).tensor("decoder.conv_out.bias");
        poison(bias);
        assertNonFinite("pixels");
    }

    @Test
    void failsAJobWhoseLatentsAreNotFinite() throws IOException {
        TensorEntry bias = Checkpoint.open(snapshot.resolve("transformer")).tensor("all_final_layer.2-1.linear.bias");
        poison(bias);
        assertNonFinite("latents");
    }

    @Test
    void refusesWhatLiesBeyondThePositions() {
        try (TextToImagePipeline pipeline = open(snapshot)) {
            assertRefused(pipeline, plan("a", new ImageSize(1024, 64)), "width must be at most 512", "1024");
            assertRefused(pipeline, plan("a", new ImageSize(64, 544)), "height must be at most 512", "544");
            assertRefused(pipeline, plan("z".repeat(400), new ImageSize(64, 64)), "prompt must have fewer", "416");
        }
    }

    @Test
    void drawsTheSameFromAHubCacheWhoseFilesAreLinks() throws IOException {
        Path blobs = Files.createDirectories(folder.resolve("models--a--b/blobs"));
        Path linked = folder.resolve("models--a--b/snapshots/abc");
        int name = 0;
        try (Stream<Path> files = Files.walk(snapshot)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Path blob = blobs.resolve("blob" + name++);
                Files.copy(file, blob);
                Path link = linked.resolve(snapshot.relativize(file).toString());
                Files.createDirectories(link.getParent());
                Files.createSymbolicLink(link, link.getParent().relativize(blob));
            }
        }
        assertArrayEquals(draw(snapshot).pixels(), draw(linked).pixels());
    }

    private static RgbImage draw(Path snapshot) {
        try (TextToImagePipeline pipeline = open(snapshot)) {
            return generate(pipeline);
        }
    }

    private static RgbImage generate(TextToImagePipeline pipeline) {
        return pipeline.generate(
                        pipeline.resolve(plan("a red circle", new ImageSize(64, 96))),
                        List.of(),
                        GoldenRequests.SILENT,
                        Cancellation.NEVER)
                .image();
    }

    private void assertNonFinite(String what) {
        try (TextToImagePipeline pipeline = open(snapshot)) {
            for (int i = 0; i < 2; i++) {
                PipelineException failure = assertThrows(PipelineException.class, () -> generate(pipeline));
                assertEquals(ErrorCode.NON_FINITE_OUTPUT, failure.code());
                assertTrue(failure.getMessage().contains(what), failure.getMessage());
            }
        }
    }

    private static void assertRefused(TextToImagePipeline pipeline, GenerationPlan plan, String... words) {
        assertMentions(ErrorCode.INVALID_PARAMETER, words, () -> pipeline.resolve(plan));
    }

    private void assertInvalid(String... words) {
        assertMentions(ErrorCode.CHECKPOINT_INVALID, words, () -> open(snapshot).close());
    }

    private static void assertMentions(ErrorCode code, String[] words, Runnable action) {
        PipelineException failure = assertThrows(PipelineException.class, action::run);
        assertEquals(code, failure.code());
        for (String word : words) {
            assertTrue(failure.getMessage().contains(word), failure.getMessage());
        }
    }

    private static TextToImagePipeline open(Path snapshot) {
        return new ZImagePlugin().open(new DemoContext(snapshot, Map.of()));
    }

    private static GenerationPlan plan(String prompt, ImageSize size) {
        return new GenerationPlan(prompt, "", size, "Default", 2, 1.0, 42, Profile.REFERENCE);
    }

    private List<Path> shards(String component) throws IOException {
        try (Stream<Path> files = Files.list(snapshot.resolve(component))) {
            return files.filter(file -> file.toString().endsWith(".safetensors"))
                    .sorted()
                    .toList();
        }
    }

    private void replace(String file, String before, String after) throws IOException {
        Path path = snapshot.resolve(file);
        String text = Files.readString(path);
        assertTrue(text.contains(before), text);
        Files.writeString(path, text.replace(before, after));
    }

    /** Sets the first number's bits to all ones, not a number in every floating-point type. */
    private static void poison(TensorEntry tensor) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(tensor.file().toFile(), "rw")) {
            file.seek(tensor.offset());
            for (int i = 0; i < tensor.length() / tensor.elements(); i++) {
                file.write(0xff);
            }
        }
    }
}
