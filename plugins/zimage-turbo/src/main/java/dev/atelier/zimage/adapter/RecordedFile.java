package dev.atelier.zimage.adapter;

import dev.atelier.plugin.AdapterFile;
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
 * An adapter file as the gateway recorded it. Its content is hashed after it was read, and what was read counts only
 * when the hash is the recorded one.
 *
 * @param file the file and its hash
 */
record AdapterSource(AdapterFile file) {
    private static final int MAX_TENSORS = 100_000;
    private static final int CHUNK_BYTES = 1 << 20;

    /**
     * Reads the file.
     *
     * @param reading what to read, from the opened file and what messages call it
     * @throws PipelineException {@link ErrorCode#LORA_CHANGED} when the content is not the recorded one, whatever the
     *     reading met in it
     */
    <T> T read(BiFunction<Safetensors, String, T> reading) {
        T result;
        try {
            result = reading.apply(open(file.file(), file.name()), file.name());
        } catch (PipelineException e) {
            if (Files.isReadable(file.file())) {
                checkContent();
            }
            throw e;
        }
        checkContent();
        return result;
    }

    /** Opens a file that is no pickle and whose tensors can be counted. */
    static Safetensors open(Path file, String name) {
        refusePickle(file, name);
        Safetensors opened = Safetensors.open(file, name, ErrorCode.LORA_INVALID);
        if (opened.tensors().size() > MAX_TENSORS) {
            throw new PipelineException(
                    ErrorCode.LORA_INVALID,
                    name + ": must hold at most " + MAX_TENSORS + " tensors but holds "
                            + opened.tensors().size());
        }
        return opened;
    }

    /**
     * A pickle is a program that runs when it is read. It is known by its content: a zip archive, or the opcode PROTO.
     * A safetensors file may begin with the same two bytes of its header's length, but then a '{' follows the length.
     */
    private static void refusePickle(Path file, String name) {
        byte[] start = new byte[Long.BYTES + 1];
        try (InputStream stream = Files.newInputStream(file)) {
            stream.readNBytes(start, 0, start.length);
        } catch (IOException e) {
            throw unreadable(name, e);
        }
        boolean zip = start[0] == 'P' && start[1] == 'K';
        boolean pickle = start[0] == (byte) 0x80 && start[1] >= 2 && start[1] <= 5;
        boolean safetensors = start[Long.BYTES - 1] == 0 && start[Long.BYTES] == '{';
        if ((zip || pickle) && !safetensors) {
            throw new PipelineException(
                    ErrorCode.LORA_INVALID,
                    name + ": is a pickle (.pt, .bin, .ckpt), which is never read because it can run code; "
                            + "save the adapter as safetensors");
        }
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
        byte[] chunk = new byte[CHUNK_BYTES];
        try (InputStream stream = Files.newInputStream(file.file())) {
            for (int read = stream.read(chunk); read >= 0; read = stream.read(chunk)) {
                digest.update(chunk, 0, read);
            }
        } catch (IOException e) {
            throw unreadable(file.name(), e);
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private static MessageDigest digest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    /** Says nothing about where the file lies. */
    private static PipelineException unreadable(String name, IOException e) {
        return new PipelineException(
                ErrorCode.LORA_INVALID,
                name + ": cannot be read: " + e.getClass().getSimpleName(),
                e);
    }
}
