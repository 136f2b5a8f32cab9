package dev.atelier.gateway.registry;

import dev.atelier.gateway.files.PrivateFiles;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Ed25519 keys in PEM files, as OpenSSL writes them: {@code PUBLIC KEY} holds an X.509 SubjectPublicKeyInfo,
 * {@code PRIVATE KEY} a PKCS #8 one, both in Base64.
 */
public final class KeyFiles {
    private static final String ALGORITHM = "Ed25519";
    private static final String PUBLIC = "PUBLIC KEY";
    private static final String PRIVATE = "PRIVATE KEY";
    private static final Pattern BLOCK =
            Pattern.compile("-----BEGIN ([A-Z ]+)-----\\s+([A-Za-z0-9+/=\\s]+)-----END \\1-----");
    private static final int LINE = 64;

    private KeyFiles() {}

    /**
     * Reads the public keys in a file.
     *
     * @throws IOException when it holds none, or another kind of key
     */
    public static List<PublicKey> readPublic(Path file) throws IOException {
        List<PublicKey> keys = new ArrayList<>();
        for (byte[] block : blocks(file, PUBLIC)) {
            try {
                keys.add(KeyFactory.getInstance(ALGORITHM).generatePublic(new X509EncodedKeySpec(block)));
            } catch (GeneralSecurityException e) {
                throw new IOException(file + " holds a public key that is none of " + ALGORITHM, e);
            }
        }
        return keys;
    }

    /**
     * Reads the private key in a file.
     *
     * @throws IOException when it holds none, or another kind of key
     */
    public static PrivateKey readPrivate(Path file) throws IOException {
        try {
            return KeyFactory.getInstance(ALGORITHM)
                    .generatePrivate(
                            new PKCS8EncodedKeySpec(blocks(file, PRIVATE).get(0)));
        } catch (GeneralSecurityException e) {
            throw new IOException(file + " holds a private key that is none of " + ALGORITHM, e);
        }
    }

    /**
     * Makes a key pair and writes it into two new files; only the user may read the private one.
     *
     * @throws IOException when one is there already, or cannot be written
     */
    public static void writeNew(Path privateFile, Path publicFile) throws IOException {
        KeyPair pair;
        try {
            pair = KeyPairGenerator.getInstance(ALGORITHM).generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has " + ALGORITHM, e);
        }
        write(
                privateFile,
                PrivateFiles.Access.OWNER,
                pem(PRIVATE, pair.getPrivate().getEncoded()));
        write(publicFile, PrivateFiles.Access.ALL, pem(PUBLIC, pair.getPublic().getEncoded()));
    }

    private static void write(Path file, PrivateFiles.Access access, String text) throws IOException {
        try (OutputStream out = Channels.newOutputStream(PrivateFiles.create(file, access))) {
            out.write(text.getBytes(StandardCharsets.US_ASCII));
        }
    }

    private static String pem(String kind, byte[] key) {
        String text = Base64.getMimeEncoder(LINE, new byte[] {'\n'}).encodeToString(key);
        return "-----BEGIN " + kind + "-----\n" + text + "\n-----END " + kind + "-----\n";
    }

    private static byte[] decode(Path file, String text) throws IOException {
        try {
            return Base64.getMimeDecoder().decode(text);
        } catch (IllegalArgumentException e) {
            throw new IOException(file + " is damaged: " + e.getMessage(), e);
        }
    }

    private static List<byte[]> blocks(Path file, String kind) throws IOException {
        List<byte[]> blocks = new ArrayList<>();
        Set<String> others = new TreeSet<>();
        Matcher matcher = BLOCK.matcher(Files.readString(file, StandardCharsets.US_ASCII));
        while (matcher.find()) {
            if (matcher.group(1).equals(kind)) {
                blocks.add(decode(file, matcher.group(2)));
            } else {
                others.add(matcher.group(1));
            }
        }
        if (blocks.isEmpty()) {
            throw new IOException(file + " holds no " + kind + (others.isEmpty() ? "" : " but " + others));
        }
        return blocks;
    }
}
