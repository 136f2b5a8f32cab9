package dev.atelier.gateway;

import dev.atelier.gateway.registry.HeldModel;
import dev.atelier.gateway.registry.ModelCatalog;
import dev.atelier.gateway.worker.Devices;
import dev.atelier.plugin.PipelineDescriptor;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The one line that a started gateway prints. */
final class Announcement {
    private static final int DEPTH = 3;
    /** How many files of the LoRA folder are listed, and how many of them are read, for the example. */
    private static final int MOST_LISTED = 1_000;

    private static final int MOST_READ = 20;

    private Announcement() {}

    /** An example for a request: a model that is served, and a LoRA that fits it. */
    private record Example(PipelineDescriptor model, Optional<String> lora) {}

    /** Returns the address, the served models, the documentation and a request to try. Reads LoRA files' headers. */
    static String of(GatewayConfig config, int port, Devices devices, ModelCatalog catalog) {
        String address = config.http().baseUrl().orElse("http://localhost:" + port);
        List<String> served = catalog.servedIds();
        if (served.isEmpty()) {
            return "Atelier is at " + address + " and can serve no model yet (" + whyNot(catalog) + "); its page is at "
                    + address + "/docs; LoRA files: " + config.folders().loras();
        }
        String names = String.join(", ", served);
        String on = devices.devices().isEmpty()
                ? "its workers"
                : devices.devices().stream().map(String::valueOf).collect(Collectors.joining(", "));
        return "Atelier serves " + names + " on " + on + " at " + address + "; its page is at " + address
                + "/docs; LoRA files: " + config.folders().loras() + tryThis(config, address, catalog);
    }

    private static String whyNot(ModelCatalog catalog) {
        return catalog.declared().stream()
                .flatMap(model -> catalog.whyNotServable(model.modelId()).stream())
                .findFirst()
                .orElse("no plugin declares one");
    }

    private static String tryThis(GatewayConfig config, String address, ModelCatalog catalog) {
        if (config.jobs().role() == Role.WORKER) {
            return ""; // its port takes no requests
        }
        String key = config.access().keysFile().isPresent() ? " -H 'Authorization: Bearer KEY'" : "";
        return example(config, catalog)
                .map(example -> "; try: curl -s " + address + "/v1/inference" + key
                        + " -H 'Content-Type: application/json' -d '"
                        + request(example, config.loras().noneAllowed()) + "'")
                .orElse("");
    }

    private static Optional<Example> example(GatewayConfig config, ModelCatalog catalog) {
        List<PipelineDescriptor> models = catalog.servedIds().stream()
                .flatMap(id -> catalog.find(id).stream())
                .filter(model -> !model.requiresControlImage())
                .toList();
        Path folder = config.folders().loras();
        List<String> loras = loras(folder);
        for (PipelineDescriptor model : models) {
            for (String lora : model.maxAdapters() == 0 ? List.<String>of() : loras) {
                if (fits(catalog, model, folder.resolve(lora))) {
                    return Optional.of(new Example(model, Optional.of(lora)));
                }
            }
        }
        return models.stream().findFirst().map(model -> new Example(model, Optional.empty()));
    }

    private static boolean fits(ModelCatalog catalog, PipelineDescriptor model, Path lora) {
        Optional<HeldModel> found = catalog.hold(model.modelId());
        if (found.isEmpty()) {
            return false;
        }
        try (HeldModel held = found.get()) {
            return held.plugin().inspect(lora).modules() > 0;
        } catch (RuntimeException | LinkageError e) {
            return false; // it is only an example
        }
    }

    private static JsonObject request(Example example, boolean noneAllowed) {
        JsonObject request = new JsonObject().put("model", example.model().modelId());
        if (example.lora().isPresent()) {
            JsonObject lora = new JsonObject().put("path", example.lora().get());
            return request.put("trigger_word", "sks")
                    .put("prompts", prompts("[trigger] a photo of a person"))
                    .put("loras", new JsonArray().add(lora));
        }
        request.put("prompts", prompts("a photo of a person")).put("loras", new JsonArray());
        return noneAllowed || example.model().maxAdapters() == 0 ? request : request.put("allow_no_lora", true);
    }

    private static JsonArray prompts(String prompt) {
        return new JsonArray().add(new JsonObject().put("prompt", prompt));
    }

    private static List<String> loras(Path folder) {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.walk(folder, DEPTH)) {
            return files.limit(MOST_LISTED)
                    .filter(file -> file.toString().toLowerCase(Locale.ROOT).endsWith(".safetensors"))
                    .filter(Files::isRegularFile)
                    .map(file -> folder.relativize(file).toString())
                    .filter(name -> name.chars().allMatch(c -> c >= ' ' && c != '\'' && c != 127))
                    .sorted()
                    .limit(MOST_READ)
                    .toList();
        } catch (IOException | UncheckedIOException e) {
            return List.of();
        }
    }
}
