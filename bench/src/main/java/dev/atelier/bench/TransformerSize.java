package dev.atelier.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Counts a component's parameters by the headers of its safetensors files. */
final class TransformerSize {
    private static final ObjectMapper JSON = new ObjectMapper();

    private TransformerSize() {}

    /** Returns how many numbers the files of a folder hold. */
    static long parameters(Path folder) throws IOException {
        List<Path> files;
        try (Stream<Path> all = Files.list(folder)) {
            files = all.filter(file -> file.toString().endsWith(".safetensors")).toList();
        }
        long sum = 0;
        for (Path file : files) {
            sum += count(file);
        }
        return sum;
    }

    private static long count(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file);
                DataInputStream data = new DataInputStream(in)) {
            int length = Math.toIntExact(Long.reverseBytes(data.readLong()));
            long sum = 0;
            for (Map.Entry<String, JsonNode> tensor :
                    JSON.readTree(data.readNBytes(length)).properties()) {
                if (tensor.getValue().has("shape")) {
                    long elements = 1;
                    for (JsonNode side : tensor.getValue().get("shape")) {
                        elements *= side.asLong();
                    }
                    sum += elements;
                }
            }
            return sum;
        }
    }
}
