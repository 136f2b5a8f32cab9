package dev.atelier.zimage.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import dev.atelier.zimage.checkpoint.Config.Named;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Finds the safetensors files of a component. First the usual names: {@code diffusion_pytorch_model} under an index,
 * then as one file; {@code model} as one file, then under an index (the order in which diffusers and transformers
 * look). So a variant beside them, such as {@code model.fp16.safetensors}, is left alone. Where none of these is there,
 * the folder's only index, or else its only safetensors file, is taken.
 *
 * <p>An index is a JSON object whose {@code weight_map} names for each tensor the file, beside the index, that holds
 * it.
 */
final class CheckpointFiles {
    private static final String SUFFIX = ".safetensors";
    private static final String INDEX_SUFFIX = SUFFIX + ".index.json";
    private static final long MAX_INDEX_BYTES = 100_000_000;
    private static final List<String> USUAL_NAMES = List.of(
            "diffusion_pytorch_model" + INDEX_SUFFIX,
            "diffusion_pytorch_model" + SUFFIX,
            "model" + SUFFIX,
            "model" + INDEX_SUFFIX);

    private CheckpointFiles() {}

    static Checkpoint open(Path folder) {
        Path file = find(folder);
        return file.toString().endsWith(INDEX_SUFFIX) ? openIndex(folder, file) : openSingle(folder, file);
    }

    private static Path find(Path folder) {
        if (!Files.isDirectory(folder)) {
            throw invalid(folder + ": is no folder");
        }
        for (String name : USUAL_NAMES) {
            if (Files.exists(folder.resolve(name))) {
                return folder.resolve(name);
            }
        }
        for (String suffix : List.of(INDEX_SUFFIX, SUFFIX)) {
            List<Path> candidates = list(folder, suffix);
            if (candidates.size() == 1) {
                return candidates.get(0);
            }
            if (candidates.size() > 1) {
                throw invalid(folder + ": must hold one of " + USUAL_NAMES + " but holds "
                        + candidates.stream().map(Path::getFileName).toList());
            }
        }
        throw invalid(folder + ": must hold one of " + USUAL_NAMES + " but holds no safetensors file");
    }

    private static List<Path> list(Path folder, String suffix) {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.getFileName().toString().endsWith(suffix))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new PipelineException(ErrorCode.CHECKPOINT_INVALID, folder + ": cannot be listed: " + e, e);
        }
    }

    private static Checkpoint openSingle(Path folder, Path file) {
        return new Checkpoint(folder, Safetensors.open(file).tensors(), List.of(file));
    }

    private static Checkpoint openIndex(Path folder, Path index) {
        JsonNode weightMap = JsonFile.read(
                        index, new Named(index.toString(), ErrorCode.CHECKPOINT_INVALID), MAX_INDEX_BYTES)
                .get("weight_map");
        if (!(weightMap instanceof ObjectNode)) {
            throw invalid(index + ": weight_map must be an object but is " + JsonFile.kind(weightMap));
        }
        Map<String, Safetensors> shards = new LinkedHashMap<>();
        Map<String, TensorEntry> tensors = new LinkedHashMap<>();
        weightMap.properties().forEach(entry -> {
            String shard = shardName(index, entry.getKey(), entry.getValue());
            Safetensors file = shards.computeIfAbsent(shard, name -> openShard(folder, index, name));
            tensors.put(entry.getKey(), find(index, file, entry.getKey()));
        });
        return new Checkpoint(
                folder, tensors, shards.values().stream().map(Safetensors::file).toList());
    }

    private static String shardName(Path index, String tensor, JsonNode value) {
        if (!value.isTextual()) {
            throw invalid(index + ": weight_map of tensor '" + tensor + "' must name a file but is " + value);
        }
        return value.textValue();
    }

    private static Safetensors openShard(Path folder, Path index, String name) {
        Path shard = confine(folder, index, name);
        if (!Files.isRegularFile(shard)) {
            throw invalid(index + ": shard '" + name + "' is missing from " + folder);
        }
        return Safetensors.open(shard);
    }

    /** Symbolic links may lead out of the folder, as they do in a Hugging Face cache; names may not. */
    private static Path confine(Path folder, Path index, String name) {
        try {
            Path relative = Path.of(name);
            Path inside = relative.normalize();
            if (!relative.isAbsolute()
                    && !inside.startsWith("..")
                    && !inside.toString().isEmpty()) {
                return folder.resolve(inside);
            }
        } catch (InvalidPathException e) {
            throw new PipelineException(
                    ErrorCode.CHECKPOINT_INVALID, index + ": shard name is no path: " + e.getReason(), e);
        }
        throw invalid(index + ": shard '" + name + "' must lie in the index's folder");
    }

    private static TensorEntry find(Path index, Safetensors shard, String tensor) {
        TensorEntry entry = shard.tensors().get(tensor);
        if (entry == null) {
            throw invalid(index + ": tensor '" + tensor + "' must lie in " + shard.file() + " but does not");
        }
        return entry;
    }

    private static PipelineException invalid(String message) {
        return new PipelineException(ErrorCode.CHECKPOINT_INVALID, message);
    }
}
