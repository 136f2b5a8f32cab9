package dev.atelier.gateway.access;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HexFormat;
import java.util.regex.Pattern;

/**
 * An API key as the server knows it. The key itself is 256 random bits, so that its plain SHA-256 can stand in a file:
 * there is nothing to guess.
 *
 * @param name whose it is; several keys may bear one name, which is how a key is replaced without a gap
 * @param admin whether it may change the server and see everybody's jobs
 * @param sha256 the key's SHA-256 in hexadecimal digits
 */
public record ApiKey(String name, boolean admin, String sha256) {
    private static final String PREFIX = "atl-";
    private static final int BYTES = 32;
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,63}");
    private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");
    private static final String ADMIN = "admin";

    /** Checks the name and the hash. */
    public ApiKey {
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException(
                    "a key's name must be 1 to 64 letters, digits, '.', '_' or '-', and begin"
                            + " with a letter or a digit");
        }
        if (!SHA256.matcher(sha256).matches()) {
            throw new IllegalArgumentException("a key's hash must be 64 hexadecimal digits in lower case");
        }
    }

    /**
     * A key that was just made.
     *
     * @param text the key, which is told once and kept nowhere
     * @param known what the server knows of it
     */
    public record Fresh(String text, ApiKey known) {
        /** Tells whose it is, never the key. */
        @Override
        public String toString() {
            return "Fresh[" + known.name() + "]";
        }
    }

    /** Makes a new key. */
    public static Fresh create(String name, boolean admin) {
        byte[] random = new byte[BYTES];
        new SecureRandom().nextBytes(random);
        String text = PREFIX + Base64.getUrlEncoder().withoutPadding().encodeToString(random);
        return new Fresh(text, new ApiKey(name, admin, hash(text)));
    }

    /** Reads a line of the file: name, hash and, for a key that may do everything, {@code admin}. */
    static ApiKey parse(String line) {
        String[] words = line.strip().split("\\s+", -1);
        boolean admin = words.length == 3 && words[2].equals(ADMIN);
        if (words.length != 2 && !admin) {
            throw new IllegalArgumentException("a key's line must be NAME SHA256 or NAME SHA256 admin");
        }
        return new ApiKey(words[0], admin, words[1]);
    }

    /** Returns its line in the file. */
    public String line() {
        return name + " " + sha256 + (admin ? " " + ADMIN : "");
    }

    /** Returns what stands for a key in the file. */
    static String hash(String text) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this JVM has no SHA-256", e);
        }
    }
}
