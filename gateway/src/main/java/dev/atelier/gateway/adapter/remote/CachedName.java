package dev.atelier.gateway.adapter.remote;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** How files are called in the cache: the reference's {@code NAME_HASH.EXTENSION}, so that its cache can be shared. */
final class CachedName {
    private static final Pattern CACHED = Pattern.compile("[^.].*_[0-9a-f]{16}(\\.[^.]{0,16})?");
    private static final Pattern PARTIAL = Pattern.compile("\\..+\\.[0-9a-f-]{36}\\.part");
    private static final Pattern UNSAFE = Pattern.compile("[^A-Za-z0-9._%~+=,@-]");
    private static final String DEFAULT_EXTENSION = ".safetensors";
    private static final int MAX_NAME = 120;
    private static final int MAX_EXTENSION = 16;

    private CachedName() {}

    /**
     * Returns the name of a URL's file.
     *
     * @param url the file's URL as text, after the hub's pages were turned into files
     * @param secret a token without which the URL may give something else, or nothing; null for none. Who has another
     *     token, or none, does not get this file
     */
    static String of(String url, @Nullable String secret) {
        String hash = "%016x".formatted(Hashes.md5(secret == null ? url : url + "\n" + secret));
        String path = url.replaceFirst("[?#].*", "").replaceFirst("^[^:]+://[^/]*", "");
        String file = UNSAFE.matcher(path.substring(path.lastIndexOf('/') + 1)).replaceAll("_");
        if (file.isEmpty()) {
            file = "lora_" + hash + DEFAULT_EXTENSION;
        }
        int dot = file.lastIndexOf('.');
        boolean extended = dot > 0 && dot < file.length() - 1 && file.length() - dot <= MAX_EXTENSION;
        String name = extended ? file.substring(0, dot) : file;
        String extension = extended ? file.substring(dot) : DEFAULT_EXTENSION;
        String visible = name.startsWith(".") ? "_" + name.substring(1) : name;
        String shortened = visible.substring(0, Math.min(MAX_NAME, visible.length()));
        return shortened + "_" + hash + extension;
    }

    /** Returns whether a file of the folder is one of the cache's. */
    static boolean isCached(String file) {
        return CACHED.matcher(file).matches();
    }

    /** Returns whether a file of the folder is one that is or was coming over. */
    static boolean isPartial(String file) {
        return PARTIAL.matcher(file).matches();
    }
}
