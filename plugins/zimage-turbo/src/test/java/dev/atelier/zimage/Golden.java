package dev.atelier.zimage;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.atelier.zimage.checkpoint.Safetensors;
import dev.atelier.zimage.checkpoint.TensorEntry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * What the real pipeline computed: {@code src/test/resources/golden}. The tensors are read with our own reader, which
 * has tests of its own.
 */
public final class Golden {
    /** The folder of all golden data. */
    public static final Path ROOT = Path.of("src/test/resources/golden");

    /** The demo checkpoint that the data was computed from. */
    public static final Path DEMO = Path.of("demo");

    private static final ObjectMapper JSON = new ObjectMapper();

    private Golden() {}

    /** Reads a JSON file below the golden folder. */
    public static JsonNode json(String path) {
        try {
            return JSON.readTree(ROOT.resolve(path).toFile());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns all cases: the folders with a request. */
    public static List<Case> cases() {
        try (Stream<Path> folders = Files.list(ROOT)) {
            return folders.filter(folder -> Files.exists(folder.resolve("request.json")))
                    .map(folder -> new Case(folder.getFileName().toString()))
                    .sorted((a, b) -> a.name().compareTo(b.name()))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns every image of every case. */
    public static List<Image> images() {
        return cases().stream().flatMap(one -> one.images().stream()).toList();
    }

    /** One request and what became of it. */
    public record Case(String name) {
        /** Returns the request's body. */
        public JsonNode request() {
            return json(name + "/request.json");
        }

        /** Returns the images in their order. */
        public List<Image> images() {
            int count = json(name + "/expected.json").get("images").size();
            return IntStream.range(0, count).mapToObj(i -> new Image(this, i)).toList();
        }
    }

    /** One image of a case. */
    public record Image(Case of, int index) {
        /** Returns what the request means for this image once resolved. */
        public JsonNode expected() {
            return json(of.name() + "/expected.json").get("images").get(index);
        }

        /** Returns the final picture's file. */
        public Path picture() {
            return ROOT.resolve(of.name()).resolve("image_" + index + ".png");
        }

        /** Returns the names of the recorded tensors. */
        public Set<String> names() {
            return file().tensors().keySet();
        }

        /** Says whether a tensor was recorded. */
        public boolean has(String name) {
            return names().contains(name);
        }

        /** Returns a recorded tensor's shape. */
        public long[] shape(String name) {
            return entry(file(), name).dimensions();
        }

        /** Returns a recorded float tensor, row-major. */
        public float[] floats(String name) {
            Safetensors file = file();
            return file.readFloats(entry(file, name));
        }

        /** Returns a recorded tensor of 64-bit integers. */
        public long[] longs(String name) {
            Safetensors file = file();
            return file.readLongs(entry(file, name));
        }

        @Override
        public String toString() {
            return of.name() + "#" + index;
        }

        private Safetensors file() {
            return Safetensors.open(ROOT.resolve(of.name()).resolve("tensors_" + index + ".safetensors"));
        }

        private TensorEntry entry(Safetensors file, String name) {
            TensorEntry entry = file.tensors().get(name);
            if (entry == null) {
                throw new IllegalArgumentException(this + " has no tensor " + name + " but " + names());
            }
            return entry;
        }
    }
}
