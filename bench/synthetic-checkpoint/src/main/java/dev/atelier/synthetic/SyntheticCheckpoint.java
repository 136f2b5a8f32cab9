package dev.atelier.synthetic;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A checkpoint to write: a diffusers snapshot folder that diffusers itself loads. The same seed gives the same weights
 * however they are sharded.
 *
 * @param transformer the transformer
 * @param textEncoder the text encoder; its features must be the transformer's caption features
 * @param vae the VAE; its latent channels must be the transformer's
 * @param schedule the scheduler's configuration
 * @param seed of all weights
 */
public record SyntheticCheckpoint(
        Stored transformer, Stored textEncoder, Stored vae, ScheduleShape schedule, long seed) {

    /**
     * Writes everything.
     *
     * @param folder where to; made when absent, its files must not exist yet
     * @param tokenizer a folder of tokenizer files, copied
     */
    public void writeTo(Path folder, Path tokenizer) throws IOException {
        Files.createDirectories(folder);
        Files.writeString(folder.resolve("model_index.json"), Json.write(modelIndex()));
        write(folder.resolve("transformer"), transformer);
        write(folder.resolve("text_encoder"), textEncoder);
        write(folder.resolve("vae"), vae);
        Path scheduler = Files.createDirectories(folder.resolve("scheduler"));
        Files.writeString(scheduler.resolve("scheduler_config.json"), Json.write(schedule.config()));
        copy(tokenizer, folder.resolve("tokenizer"));
    }

    private void write(Path folder, Stored component) throws IOException {
        Files.createDirectories(folder);
        Files.writeString(
                folder.resolve("config.json"), Json.write(component.shape().config()));
        ShardWriter writer = new ShardWriter(component.type(), seed);
        String name = component.shape().fileName();
        List<List<TensorSpec>> shards = shards(component);
        if (shards.size() == 1) {
            writer.write(folder.resolve(name + ".safetensors"), shards.get(0));
            return;
        }
        Map<String, Object> weightMap = new LinkedHashMap<>();
        for (int i = 0; i < shards.size(); i++) {
            String file = String.format("%s-%05d-of-%05d.safetensors", name, i + 1, shards.size());
            writer.write(folder.resolve(file), shards.get(i));
            shards.get(i).forEach(tensor -> weightMap.put(tensor.name(), file));
        }
        long bytes = component.shape().parameters() * component.type().bytes();
        Files.writeString(
                folder.resolve(name + ".safetensors.index.json"),
                Json.write(Map.of("metadata", Map.of("total_size", bytes), "weight_map", weightMap)));
    }

    private static List<List<TensorSpec>> shards(Stored component) {
        List<List<TensorSpec>> shards = new ArrayList<>();
        long room = 0;
        for (TensorSpec tensor : component.shape().tensors()) {
            long bytes = tensor.elements() * component.type().bytes();
            if (shards.isEmpty() || bytes > room) {
                shards.add(new ArrayList<>());
                room = component.maxShardBytes();
            }
            shards.get(shards.size() - 1).add(tensor);
            room -= bytes;
        }
        return shards;
    }

    private static void copy(Path from, Path to) throws IOException {
        Files.createDirectories(to);
        try (DirectoryStream<Path> files = Files.newDirectoryStream(from, Files::isRegularFile)) {
            for (Path file : files) {
                Files.copy(file, to.resolve(file.getFileName()));
            }
        }
    }

    private static Map<String, Object> modelIndex() {
        Map<String, Object> index = new LinkedHashMap<>();
        index.put("_class_name", "ZImagePipeline");
        index.put("_diffusers_version", "0.36.0");
        index.put("scheduler", List.of("diffusers", "FlowMatchEulerDiscreteScheduler"));
        index.put("text_encoder", List.of("transformers", "Qwen3ForCausalLM"));
        index.put("tokenizer", List.of("transformers", "Qwen2Tokenizer"));
        index.put("transformer", List.of("diffusers", "ZImageTransformer2DModel"));
        index.put("vae", List.of("diffusers", "AutoencoderKL"));
        return index;
    }
}
