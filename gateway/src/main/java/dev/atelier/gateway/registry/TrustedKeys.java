package dev.atelier.gateway.registry;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.SignatureException;
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
    private static final int BUFFER = 1 << 16;

    /** Java holds all that a signature is over in memory; a plugin is code, and smaller. */
    private static final long LARGEST_MIB = 128;

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
        requireSize(zip);
        byte[] signed = read(signature);
        for (PublicKey key : keys) {
            if (verifies(key, zip, signed)) {
                return;
            }
        }
        throw new IOException("its signature " + signature.getFileName() + " was made by no trusted key");
    }

    private static void requireSize(Path zip) throws IOException {
        if (Files.size(zip) > LARGEST_MIB << 20) {
            throw new IOException("a signed zip may have at most " + LARGEST_MIB + " MiB");
        }
    }

    private static void update(Signature signature, Path zip) throws IOException, SignatureException {
        byte[] buffer = new byte[BUFFER];
        try (InputStream in = Files.newInputStream(zip)) {
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                signature.update(buffer, 0, read);
            }
        }
    }

    /**
     * Returns the signature of a zip.
     *
     * @throws IOException when it cannot be read, is too large for one, or the key cannot sign
     */
    public static byte[] sign(Path zip, PrivateKey key) throws IOException {
        requireSize(zip);
        try {
            Signature signature = Signature.getInstance(ALGORITHM);
            signature.initSign(key);
            update(signature, zip);
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

    private static boolean verifies(PublicKey key, Path zip, byte[] signed) throws IOException {
        try {
            Signature signature = Signature.getInstance(ALGORITHM);
            signature.initVerify(key);
            update(signature, zip);
            return signature.verify(signed);
        } catch (GeneralSecurityException e) {
            return false; // a malformed signature, or a key of another kind
        }
    }
}
