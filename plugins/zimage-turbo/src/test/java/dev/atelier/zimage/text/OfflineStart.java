package dev.atelier.zimage.text;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.djl.util.Utils;
import java.io.IOException;
import java.io.InputStream;
import java.net.Proxy;
import java.net.URL;
import java.net.URLConnection;
import java.net.URLStreamHandler;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The main class of a process that opens a tokenizer where every connection is trapped. Arguments: the tokenizer's
 * folder, and {@code ours} or {@code bare}, which opens it without our preparations. Prints each address that was asked
 * for, whether the library believes itself offline, and the number of ids.
 */
final class OfflineStart {
    private OfflineStart() {}

    public static void main(String[] arguments) throws IOException {
        URL.setURLStreamHandlerFactory(protocol -> protocol.startsWith("http") ? new Trap() : null);
        Path folder = Path.of(arguments[0]);
        int ids;
        if (arguments[1].equals("ours")) {
            try (ChatTokenizer tokenizer = ChatTokenizer.open(folder, 512)) {
                ids = tokenizer.encode("a red circle").length;
            }
        } else {
            try (InputStream json = Files.newInputStream(folder.resolve("tokenizer.json"));
                    HuggingFaceTokenizer tokenizer = HuggingFaceTokenizer.newInstance(json, null)) {
                ids = tokenizer.encode("a red circle").getIds().length;
            }
        }
        System.out.println("offline " + Utils.isOfflineMode());
        System.out.println("flavor " + System.getProperty("RUST_FLAVOR"));
        System.out.println("ids " + ids);
    }

    private static final class Trap extends URLStreamHandler {
        @Override
        protected URLConnection openConnection(URL url) throws IOException {
            System.out.println("asked " + url.getHost());
            throw new IOException("trapped: " + url);
        }

        @Override
        protected URLConnection openConnection(URL url, Proxy proxy) throws IOException {
            return openConnection(url);
        }
    }
}
