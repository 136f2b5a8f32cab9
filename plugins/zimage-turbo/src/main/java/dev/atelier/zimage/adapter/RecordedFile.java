package dev.atelier.zimage.adapter;

import dev.atelier.plugin.AdapterFile;
import dev.atelier.plugin.AdapterSource;
import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import dev.atelier.zimage.checkpoint.Safetensors;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.function.BiFunction;

/**
 * An adapter file as the gateway recorded it. Its content and its config's are hashed after they were read, and what
 * was read counts only when the hash is the recorded one.
 *
 * @param file the file and its hash
 */
record RecordedFile(AdapterFile file) {
    private static final int MAX_TENSORS = 100_000;
    private static final int CHUNK_BYTES = 1 << 20;

    /**
     * Reads the file.
     *
     * @param reading what to read, from the opened file and what belongs to it
     * @throws PipelineException {@link ErrorCode#LORA_CHANGED} when the content is not the recorded one, whatever the
     *     reading met in it
     */
    <T> T read(BiFunction<Safetensors, AdapterSource, T> reading) {
        T result;
        try {
            AdapterSource source = file.source();
            result = reading.apply(open(source), source);
        } catch (PipelineException e) {
            if (Files.isReadable(file.file())) {
                checkContent();
            }
            throw e;
        }
        checkContent();
        return result;
    }

    /** Opens a file whose tensors can be counted. */
    static Safetensors open(AdapterSource source) {
        Safetensors opened = Safetensors.open(source.file(), source.name(), ErrorCode.LORA_INVALID);
        if (opened.tensors().size() > MAX_TENSORS) {
            throw new PipelineException(
                    ErrorCode.LORA_INVALID,
                    source.name() + ": must hold at most " + MAX_TENSORS + " tensors but holds "
                            + opened.tensors().size());
        }
        return opened;
    }

    private void checkContent() {
        String actual = sha256();
        if (!actual.equals(file.sha256())) {
            throw new PipelineException(
                    ErrorCode.LORA_CHANGED,
                    file.name() + ": the content must have the SHA-256 " + file.sha256() + " that was recorded but has "
                            + actual);
        }
    }

    private String sha256() {
        MessageDigest digest = digest();
        Path config = file.config();
        try {
            update(digest, file.file());
            if (config != null) {
                update(digest, config);
            }
        } catch (IOException e) {
            // Says nothing about where the file lies.
            throw new PipelineException(
                    ErrorCode.LORA_INVALID,
                    file.name() + ": cannot be read: " + e.getClass().getSimpleName(),
                    e);
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private static void update(MessageDigest digest, Path file) throws IOException {
        byte[] chunk = new byte[CHUNK_BYTES];
        try (InputStream stream = Files.newInputStream(file)) {
            for (int read = stream.read(chunk); read >= 0; read = stream.read(chunk)) {
                digest.update(chunk, 0, read);
            }
        }
    }

    private static MessageDigest digest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
