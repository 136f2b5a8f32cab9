package dev.atelier.gateway;

import dev.atelier.gateway.registry.ModelCatalog;
import dev.atelier.gateway.worker.Devices;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The one line that a started gateway prints. */
final class Announcement {
    private static final int DEPTH = 3;
    private static final String ANY_LORA = "my_lora_job/my_lora.safetensors";

    private Announcement() {}

    /** Says where the gateway is, what it serves, where its page is and what to try. Looks for a LoRA on the disk. */
    static String of(GatewayConfig config, int port, Devices devices, ModelCatalog catalog) {
        String address = config.http().baseUrl().orElse("http://localhost:" + port);
        List<String> served = catalog.servedIds();
        if (served.isEmpty()) {
            return "Atelier is at " + address + " and can serve no model yet (" + whyNot(catalog) + "); its page is at "
                    + address + "/docs";
        }
        String names = String.join(", ", served);
        String on = devices.devices().isEmpty()
                ? "its workers"
                : devices.devices().stream().map(String::valueOf).collect(Collectors.joining(", "));
        return "Atelier serves " + names + " on " + on + " at " + address + "; its page is at " + address
                + "/docs; try: curl -s " + address + "/v1/inference -H 'Content-Type: application/json' -d '"
                + request(served.get(0), lora(config.folders().loras())) + "'";
    }

    private static String whyNot(ModelCatalog catalog) {
        return catalog.declared().stream()
                .flatMap(model -> catalog.whyNotServable(model.modelId()).stream())
                .findFirst()
                .orElse("no plugin declares one");
    }

    private static String request(String model, String lora) {
        JsonObject prompt = new JsonObject().put("prompt", "[trigger] a photo of a person");
        return new JsonObject()
                .put("model", model)
                .put("trigger_word", "sks")
                .put("prompts", new JsonArray().add(prompt))
                .put("loras", new JsonArray().add(new JsonObject().put("path", lora)))
                .encode();
    }

    private static String lora(Path folder) {
        if (!Files.isDirectory(folder)) {
            return ANY_LORA;
        }
        try (Stream<Path> files = Files.walk(folder, DEPTH)) {
            return files.filter(file -> file.toString().endsWith(".safetensors"))
                    .map(file -> folder.relativize(file).toString())
                    .filter(name -> !name.contains("'"))
                    .sorted()
                    .findFirst()
                    .orElse(ANY_LORA);
        } catch (IOException | UncheckedIOException e) {
            return ANY_LORA; // it is only an example
        }
    }
}
