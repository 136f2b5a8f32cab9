package dev.atelier.gateway.registry;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.util.Base64;
import java.util.List;

/**
 * Whose plugins are loaded. A signature is Ed25519 over the whole zip, detached as {@code NAME.zip.sig}: the 64 bytes
 * themselves, or their Base64 in one line.
 *
 * @param keys of Ed25519; without any, every plugin is loaded, signed or not
 */
public record TrustedKeys(List<PublicKey> keys) {
    /** Every plugin is loaded, signed or not. */
    public static final TrustedKeys ANY = new TrustedKeys(List.of());

    private static final String ALGORITHM = "Ed25519";
    private static final String SUFFIX = ".sig";
    private static final int SIGNATURE_BYTES = 64;
    private static final int LONGEST_FILE = 1000;

    /** Copies the list. */
    public TrustedKeys {
        keys = List.copyOf(keys);
    }

    /** Returns where a zip's signature lies. */
    public static Path signatureOf(Path zip) {
        return zip.resolveSibling(zip.getFileName() + SUFFIX);
    }

    /**
     * Checks a zip.
     *
     * @param zip the copy that will be loaded
     * @param signature the file of its signature
     * @throws IOException when no trusted key made the signature
     */
    void check(Path zip, Path signature) throws IOException {
        if (keys.isEmpty()) {
            return;
        }
        byte[] content = Files.readAllBytes(zip);
        byte[] signed = read(signature);
        for (PublicKey key : keys) {
            if (verifies(key, content, signed)) {
                return;
            }
        }
        throw new IOException("its signature " + signature.getFileName() + " was made by no trusted key");
    }

    /** Returns the signature of a zip. */
    public static byte[] sign(Path zip, PrivateKey key) throws IOException {
        try {
            Signature signature = Signature.getInstance(ALGORITHM);
            signature.initSign(key);
            signature.update(Files.readAllBytes(zip));
            return signature.sign();
        } catch (GeneralSecurityException e) {
            throw new IOException("the key cannot sign: " + e.getMessage(), e);
        }
    }

    private static byte[] read(Path file) throws IOException {
        try {
            if (Files.size(file) > LONGEST_FILE) {
                throw new IOException("its signature " + file.getFileName() + " is no Ed25519 signature");
            }
            byte[] bytes = Files.readAllBytes(file);
            return bytes.length == SIGNATURE_BYTES
                    ? bytes
                    : Base64.getDecoder().decode(new String(bytes, StandardCharsets.US_ASCII).strip());
        } catch (NoSuchFileException e) { // reasons are told by their root
            throw new IOException("it is not signed: there is no " + file.getFileName());
        } catch (IllegalArgumentException e) {
            throw new IOException("its signature " + file.getFileName() + " is no Ed25519 signature");
        }
    }

    private static boolean verifies(PublicKey key, byte[] content, byte[] signed) {
        try {
            Signature signature = Signature.getInstance(ALGORITHM);
            signature.initVerify(key);
            signature.update(content);
            return signature.verify(signed);
        } catch (GeneralSecurityException e) {
            return false; // a malformed signature, or a key of another kind
        }
    }
}
