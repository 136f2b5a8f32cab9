package dev.atelier.zimage.checkpoint;

import static dev.atelier.zimage.Failures.message;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CheckpointTest {
    @TempDir
    private Path root;

    private Path folder;

    @BeforeEach
    void createFolder() throws IOException {
        folder = Files.createDirectory(root.resolve("transformer"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"model.safetensors", "diffusion_pytorch_model.safetensors", "anything.safetensors"})
    void aSingleFileIsFoundByItsName(String name) throws IOException {
        write(name, "a");
        write("notes.txt", "b");
        Checkpoint checkpoint = Checkpoint.open(folder);
        assertEquals(Set.of("a"), checkpoint.names());
        assertEquals(List.of(folder.resolve(name)), checkpoint.files());
        assertEquals("transformer", checkpoint.component());
        assertTrue(checkpoint.has("a"));
    }

    @Test
    void aVariantBesideTheUsualFileIsLeftAlone() throws IOException {
        write("diffusion_pytorch_model.safetensors", "a");
        write("diffusion_pytorch_model.fp16.safetensors", "b");
        write("ema.safetensors", "c");
        assertEquals(Set.of("a"), Checkpoint.open(folder).names());
    }

    @Test
    void shardsAreReadThroughTheirIndex() throws IOException {
        write("diffusion_pytorch_model-00001-of-00002.safetensors", "a", "b");
        write("diffusion_pytorch_model-00002-of-00002.safetensors", "c");
        index("diffusion_pytorch_model", """
                {"metadata": {"total_size": 12}, "weight_map": {
                    "a": "diffusion_pytorch_model-00001-of-00002.safetensors",
                    "c": "./diffusion_pytorch_model-00002-of-00002.safetensors",
                    "b": "diffusion_pytorch_model-00001-of-00002.safetensors"}}""");
        Checkpoint checkpoint = Checkpoint.open(folder);
        assertEquals(Set.of("a", "b", "c"), checkpoint.names());
        assertEquals(2, checkpoint.files().size());
        assertEquals(
                folder.resolve("diffusion_pytorch_model-00002-of-00002.safetensors"),
                checkpoint.tensor("c").file());
    }

    @Test
    void filesMayBeLinksIntoAnotherFolderAsInAHubCache() throws IOException {
        Path blobs = Files.createDirectory(root.resolve("blobs"));
        Files.write(blobs.resolve("1234"), tensors("a").toBytes());
        Files.writeString(blobs.resolve("5678"), "{\"weight_map\": {\"a\": \"model-1.safetensors\"}}");
        Files.createSymbolicLink(folder.resolve("model-1.safetensors"), Path.of("../blobs/1234"));
        Files.createSymbolicLink(folder.resolve("model.safetensors.index.json"), Path.of("../blobs/5678"));
        TensorEntry tensor = Checkpoint.open(folder).tensor("a");
        assertEquals(folder.resolve("model-1.safetensors"), tensor.file());
        assertEquals(blobs.resolve("1234").toRealPath(), tensor.realFile());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"weight_map\": {\"a\": \"missing.safetensors\"}}|shard 'missing.safetensors' is missing from",
                "{\"weight_map\": {\"z\": \"model-1.safetensors\"}}|tensor 'z' must lie in",
                "{\"weight_map\": {\"a\": \"../outside.safetensors\"}}|shard '../outside.safetensors' must lie in the index's folder",
                "{\"weight_map\": {\"a\": \"x/../../outside.safetensors\"}}|must lie in the index's folder",
                "{\"weight_map\": {\"a\": \"/etc/passwd\"}}|shard '/etc/passwd' must lie in the index's folder",
                "{\"weight_map\": {\"a\": \"\"}}|shard '' must lie in the index's folder",
                "{\"weight_map\": {\"a\": \"..\"}}|shard '..' must lie in the index's folder",
                "{\"weight_map\": {\"a\": \"x\\u0000y\"}}|shard name is no path: Nul character not allowed",
                "{\"weight_map\": {\"a\": 1}}|weight_map of tensor 'a' must name a file but is 1",
                "{\"weight_map\": []}|weight_map must be an object but is a list",
                "{}|weight_map must be an object but is missing",
                "[]|must hold a JSON object but holds a list",
                "{|is no valid JSON",
                "{\"weight_map\": {\"a\": \"model-1.safetensors\", \"a\": \"model-1.safetensors\"}}|has field 'a' twice"
            })
    void anIndexThatContradictsTheFilesIsRefused(String json, String expected) throws IOException {
        write("model-1.safetensors", "a");
        Files.write(root.resolve("outside.safetensors"), tensors("a").toBytes());
        index("model", json);
        PipelineException failure = assertThrows(PipelineException.class, () -> Checkpoint.open(folder));
        assertEquals(ErrorCode.CHECKPOINT_INVALID, failure.code());
        assertTrue(message(failure).contains("model.safetensors.index.json"), message(failure));
        assertTrue(message(failure).contains(expected), message(failure));
    }

    @Test
    void aFolderWithoutOrWithTooManyFilesIsRefused() throws IOException {
        assertRefused(root.resolve("none"), "is no folder");
        assertRefused(folder, "holds no safetensors file");
        write("one.safetensors", "a");
        write("two.safetensors", "a");
        assertRefused(folder, "but holds [one.safetensors, two.safetensors]");
    }

    @Test
    void aTensorThatIsAbsentOrOfAnotherShapeIsNamed() throws IOException {
        Path file = new SafetensorsWriter()
                .floats("a", new float[6], 2, 3)
                .bytes("b", "I64", new byte[8], 1)
                .write(folder.resolve("model.safetensors"));
        Checkpoint checkpoint = Checkpoint.open(folder);
        assertEquals(24, checkpoint.expectShape("a", 2, 3).length());
        assertEquals(
                "transformer: tensor 'z' is missing from " + folder,
                assertThrows(PipelineException.class, () -> checkpoint.tensor("z"))
                        .getMessage());
        assertEquals(
                file + ": tensor 'a' must have shape [3, 2] but has [2, 3]",
                assertThrows(PipelineException.class, () -> checkpoint.expectShape("a", 3, 2))
                        .getMessage());
        assertEquals(
                file + ": tensor 'b' must be F16, BF16, F32 or F64 but is I64",
                assertThrows(PipelineException.class, () -> checkpoint.expectShape("b", 1))
                        .getMessage());
    }

    private static void assertRefused(Path folder, String expected) {
        PipelineException failure = assertThrows(PipelineException.class, () -> Checkpoint.open(folder));
        assertEquals(ErrorCode.CHECKPOINT_INVALID, failure.code());
        assertTrue(message(failure).startsWith(folder + ": "), message(failure));
        assertTrue(message(failure).contains(expected), message(failure));
    }

    private void write(String file, String... names) throws IOException {
        Files.write(folder.resolve(file), tensors(names).toBytes());
    }

    private static SafetensorsWriter tensors(String... names) {
        SafetensorsWriter writer = new SafetensorsWriter();
        for (String name : names) {
            writer.floats(name, new float[] {1}, 1);
        }
        return writer;
    }

    private void index(String stem, String json) throws IOException {
        Files.writeString(folder.resolve(stem + ".safetensors.index.json"), json);
    }
}
