package dev.atelier.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.atelier.plugin.AdapterFile;
import dev.atelier.plugin.GenerationPlan;
import dev.atelier.plugin.ImageSize;
import dev.atelier.plugin.Profile;
import dev.atelier.zimage.checkpoint.Safetensors;
import dev.atelier.zimage.checkpoint.TensorEntry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * One image of the golden data: a request and what the real pipeline computed for it.
 *
 * @param folder the case
 * @param index the prompt's number
 * @param request the request's body
 * @param expected what it means for this image once resolved
 */
record GoldenImage(Path folder, int index, JsonNode request, JsonNode expected) {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** Reads the cases of a folder whose names match a pattern. */
    static List<GoldenImage> read(Path root, String pattern) throws IOException {
        List<Path> cases;
        try (Stream<Path> folders = Files.list(root)) {
            cases = folders.filter(folder -> Files.exists(folder.resolve("request.json")))
                    .filter(folder -> folder.getFileName().toString().matches(pattern))
                    .sorted()
                    .toList();
        }
        List<GoldenImage> images = new ArrayList<>();
        for (Path folder : cases) {
            JsonNode request = JSON.readTree(folder.resolve("request.json").toFile());
            JsonNode all =
                    JSON.readTree(folder.resolve("expected.json").toFile()).get("images");
            for (int i = 0; i < all.size(); i++) {
                images.add(new GoldenImage(folder, i, request, all.get(i)));
            }
        }
        return images;
    }

    String name() {
        return folder.getFileName() + "#" + index;
    }

    GenerationPlan plan() {
        JsonNode prompt = request.get("prompts").get(index);
        return new GenerationPlan(
                expected.get("prompt").asText(),
                expected.get("neg").asText(),
                new ImageSize(
                        prompt.path("width").asInt(1024), prompt.path("height").asInt(1024)),
                "Default",
                prompt.path("sample_steps").asInt(8),
                prompt.path("guidance_scale").asDouble(1.0),
                prompt.path("seed").asLong(42 + index),
                Profile.ofId(request.path("profile").asText("reference")).orElseThrow());
    }

    List<AdapterFile> adapters(Path loras) throws IOException {
        List<AdapterFile> files = new ArrayList<>();
        for (JsonNode lora : request.get("loras")) {
            Path file = loras.resolve(lora.get("path").asText());
            files.add(Workload.adapter(file, lora.path("network_multiplier").asDouble(1)));
        }
        return files;
    }

    boolean hasAdapters() {
        for (JsonNode lora : request.get("loras")) {
            if (lora.path("network_multiplier").asDouble(1) != 0) {
                return true;
            }
        }
        return false;
    }

    Path picture() {
        return folder.resolve("image_" + index + ".png");
    }

    long[] shape(String tensor) {
        return entry(tensors(), tensor).dimensions();
    }

    float[] floats(String tensor) {
        Safetensors file = tensors();
        return file.readFloats(entry(file, tensor));
    }

    long[] longs(String tensor) {
        Safetensors file = tensors();
        return file.readLongs(entry(file, tensor));
    }

    private Safetensors tensors() {
        return Safetensors.open(folder.resolve("tensors_" + index + ".safetensors"));
    }

    private TensorEntry entry(Safetensors file, String tensor) {
        TensorEntry entry = file.tensors().get(tensor);
        if (entry == null) {
            throw new IllegalArgumentException(name() + " has no tensor " + tensor);
        }
        return entry;
    }
}
