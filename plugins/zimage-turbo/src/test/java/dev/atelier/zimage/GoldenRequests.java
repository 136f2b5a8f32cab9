package dev.atelier.zimage;

import com.fasterxml.jackson.databind.JsonNode;
import dev.atelier.plugin.AdapterFile;
import dev.atelier.plugin.GenerationDefaults;
import dev.atelier.plugin.GenerationPlan;
import dev.atelier.plugin.ImageSize;
import dev.atelier.plugin.Profile;
import dev.atelier.plugin.ProgressListener;
import dev.atelier.plugin.RgbImage;
import dev.atelier.plugin.Stage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** The golden requests as the gateway would hand them to the pipeline. */
final class GoldenRequests {
    /** Listens to nothing. */
    static final ProgressListener SILENT = new ProgressListener() {
        @Override
        public void onStage(Stage stage) {}

        @Override
        public void onStep(int step, int steps, Supplier<RgbImage> preview) {}
    };

    private GoldenRequests() {}

    /** Recorded like the golden ones, with weights changed as their adapter files say. */
    private static final List<String> OWN_CASES = List.of("forms-mixed", "forms-dora-negative", "forms-stack");

    /** Returns the images that are drawn with the demo checkpoint by its own model. */
    static Stream<Golden.Image> images() {
        Stream<Golden.Image> own =
                OWN_CASES.stream().flatMap(name -> new Golden.Case("../golden-synthetic/" + name).images().stream());
        return Stream.concat(of("zimage_turbo"), own);
    }

    /** Returns the images of a model of the family. */
    static Stream<Golden.Image> of(String model) {
        return Golden.images().stream()
                .filter(image -> image.of().request().get("model").asText().equals(model));
    }

    /** Returns what another model of the family is opened with: De-Turbo has a transformer of its own. */
    static DemoContext context(String model) {
        DemoContext demo = new DemoContext();
        return model.equals("zimage_deturbo")
                ? demo.with(Map.of("transformer", Golden.ROOT.resolve("deturbo-transformer/transformer")))
                : demo;
    }

    /** Returns the images of the checkpoint that {@code Presets.tiny(7)} writes. */
    static Stream<Golden.Image> ofTheTinyCheckpoint() {
        return new Golden.Case("../golden-synthetic/tiny").images().stream();
    }

    static GenerationPlan plan(Golden.Image image) {
        JsonNode request = image.of().request();
        JsonNode prompt = request.get("prompts").get(image.index());
        GenerationDefaults defaults = defaults(request.get("model").asText());
        return new GenerationPlan(
                image.expected().get("prompt").asText(),
                image.expected().get("neg").asText(),
                new ImageSize(
                        prompt.path("width").asInt(1024), prompt.path("height").asInt(1024)),
                "Default",
                prompt.path("sample_steps").asInt(defaults.steps()),
                prompt.path("guidance_scale").asDouble(defaults.guidanceScale()),
                prompt.path("seed").asLong(42 + image.index()),
                Profile.ofId(request.path("profile").asText("reference")).orElseThrow());
    }

    private static GenerationDefaults defaults(String model) {
        boolean own = model.equals("zimage_turbo");
        return (own ? new ZImagePlugin() : new FamilyMember(model)).descriptor().defaults();
    }

    static List<AdapterFile> adapters(Golden.Image image) {
        List<AdapterFile> files = new ArrayList<>();
        for (JsonNode lora : image.of().request().get("loras")) {
            String name = lora.get("path").asText();
            Path file = Stream.of(Golden.ROOT, Golden.ROOT.resolve("../golden-synthetic"), Golden.DEMO)
                    .map(folder -> folder.resolve("loras").resolve(name))
                    .filter(Files::exists)
                    .findFirst()
                    .orElseThrow();
            files.add(
                    AdapterFiles.of(name, file, lora.path("network_multiplier").asDouble(1)));
        }
        return files;
    }
}
