package dev.atelier.gateway.verify;

import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * An adapter file that the trainer saved.
 *
 * @param file the safetensors file
 * @param namedStep the training step in the file's name; null in the name of the last step's file
 * @param recordedStep the training step in the file's metadata; null where it has none
 * @param version the trainer's version; null where the metadata has none
 */
public record SavedAdapter(
        Path file,
        @Nullable Long namedStep,
        @Nullable Long recordedStep,
        @Nullable String version) {
    private static final int LARGEST_HEADER = 100_000_000;
    private static final Pattern NAME = Pattern.compile(".*_([0-9]{9})\\.safetensors");

    /**
     * Reads the metadata of a file of the job.
     *
     * @return without step and version of the metadata where the file cannot be read; the pipeline then says why
     */
    static SavedAdapter read(Path file) {
        Matcher name = NAME.matcher(String.valueOf(file.getFileName()));
        Long named = name.matches() ? Long.valueOf(name.group(1)) : null;
        try {
            JsonObject metadata = metadata(file);
            return new SavedAdapter(
                    file,
                    named,
                    json(metadata, "training_info").getLong("step"),
                    json(metadata, "software").getString("version"));
        } catch (IOException | DecodeException | ClassCastException e) {
            return new SavedAdapter(file, named, null, null);
        }
    }

    /**
     * Returns the step whose weights the file holds; empty where neither its name nor its metadata has one. The name
     * counts first: the trainer writes both, and a file that was put in another's place is then compared, and differs.
     */
    public Optional<Long> step() {
        return Optional.ofNullable(namedStep == null ? recordedStep : namedStep);
    }

    /** Returns whether the name and the metadata give different steps. */
    public boolean contradictory() {
        return namedStep != null && recordedStep != null && !namedStep.equals(recordedStep);
    }

    private static JsonObject metadata(Path file) throws IOException {
        try (DataInputStream in = new DataInputStream(Files.newInputStream(file))) {
            long length = Long.reverseBytes(in.readLong());
            if (length < 2 || length > LARGEST_HEADER || length > Files.size(file)) {
                throw new IOException(file + " is no safetensors file");
            }
            JsonObject header = new JsonObject(new String(in.readNBytes((int) length), StandardCharsets.UTF_8));
            JsonObject metadata = header.getJsonObject("__metadata__");
            return metadata == null ? new JsonObject() : metadata;
        }
    }

    private static JsonObject json(JsonObject metadata, String key) {
        String text = metadata.getString(key);
        return text == null ? new JsonObject() : new JsonObject(text);
    }
}
