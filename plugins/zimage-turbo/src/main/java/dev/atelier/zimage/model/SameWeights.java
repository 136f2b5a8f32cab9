package dev.atelier.zimage.model;

import dev.atelier.zimage.onnx.OnnxModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;

/**
 * Tells whether two graphs of the same bytes have the same weights: repositories of one family bring copies of the same
 * text encoder and VAE. Copies are compared byte by byte, which costs less than to hold them twice.
 */
final class SameWeights {
    /** The hub's cache names large files by the SHA-256 of their content. */
    private static final Pattern BLOB = Pattern.compile("[0-9a-f]{64}");

    private SameWeights() {}

    /** Compares the files that the graphs name, which they name alike; what cannot be read is not the same. */
    static boolean in(OnnxModel one, OnnxModel other) {
        try {
            for (String location : one.locations()) {
                if (!same(one.root().resolve(location), other.root().resolve(location))) {
                    return false;
                }
            }
            return true;
        } catch (IOException e) {
            return false; // the files of an open session may be gone since; others' are read when they are opened
        }
    }

    private static boolean same(Path one, Path other) throws IOException {
        return BLOB.matcher(one.getFileName().toString()).matches()
                || Files.isSameFile(one, other)
                || Files.mismatch(one, other) < 0;
    }
}
