package dev.atelier.plugin;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.CharBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Names files that come in place of a safetensors file, by how they begin. What it returns goes on a sentence that
 * begins with the file's name: {@code "is a GGUF file, not a safetensors file"}.
 */
public final class ForeignFile {
    /** How many bytes from a file's beginning are enough to name it. */
    public static final int HEAD = 4096;

    /** What is said of a web page. */
    public static final String WEB_PAGE = "is a web page (HTML), not a safetensors file; give the link by which the"
            + " file itself is downloaded (on Hugging Face: /resolve/ or hf://)";

    private static final String NOT_SAFETENSORS = ", not a safetensors file";
    private static final String PICKLE =
            ", which is never read because it can run code; save the weights as safetensors";
    private static final int TAIL = 1 << 16;
    private static final int PREFIX = Long.BYTES;
    private static final long MOST_HEADER = 100_000_000;
    private static final Pattern POINTER = Pattern.compile(
            "version https://git-lfs\\.github\\.com/spec/.*?(?:\\nsize (\\d{1,19})\\b.*)?", Pattern.DOTALL);
    private static final Map<String, String> MAGIC = magic();

    private ForeignFile() {}

    /** Returns what a whole file is when it is certainly no safetensors file; empty when it may be one. */
    public static Optional<String> describe(Path file) throws IOException {
        byte[] head;
        try (InputStream stream = Files.newInputStream(file)) {
            head = stream.readNBytes(HEAD);
        }
        if (head.length == 0) {
            return Optional.of("is empty, not a safetensors file");
        }
        Optional<String> known = describe(head);
        if (known.isPresent()) {
            return begins(head, "PK\3\4") && contains(tail(file), "data.pkl") ? Optional.of(pickledZip()) : known;
        }
        boolean text = !mayBeSafetensors(head) && isText(head);
        return text ? Optional.of("is a text file" + NOT_SAFETENSORS) : Optional.empty();
    }

    /**
     * Returns what a file is of which only the beginning has come, when it is certainly no safetensors file; empty when
     * it may be one.
     *
     * @param head its first bytes, {@value #HEAD} of them or more where there are as many
     */
    public static Optional<String> describe(byte[] head) {
        if (head.length <= PREFIX || mayBeSafetensors(head)) {
            return Optional.empty();
        }
        for (Map.Entry<String, String> magic : MAGIC.entrySet()) {
            if (begins(head, magic.getKey())) {
                return Optional.of(magic.getValue());
            }
        }
        if (begins(head, "PK\3\4")) {
            return Optional.of(contains(head, "data.pkl") ? pickledZip() : "is a zip archive" + NOT_SAFETENSORS);
        }
        if (head[0] == (byte) 0x80 && head[1] >= 2 && head[1] <= 5) {
            return Optional.of("is a pickle (.pt, .bin, .ckpt)" + PICKLE);
        }
        return document(text(head), isText(head));
    }

    private static String pickledZip() {
        return "is a pickle in a zip archive, as PyTorch writes it (.pt, .pth, .bin, .ckpt)" + PICKLE;
    }

    /** The header's length is small and a '{' follows it; no other file begins so. */
    private static boolean mayBeSafetensors(byte[] head) {
        if (head.length <= PREFIX) {
            return false;
        }
        long length = ByteBuffer.wrap(head).order(ByteOrder.LITTLE_ENDIAN).getLong(0);
        return length >= 0 && length <= MOST_HEADER && head[PREFIX] == '{';
    }

    private static Optional<String> document(String text, boolean plain) {
        Matcher pointer = POINTER.matcher(text);
        if (pointer.matches()) {
            String size = pointer.group(1);
            return Optional.of("is a Git LFS pointer in place of the file"
                    + (size == null ? "" : " of " + size + " bytes")
                    + "; get the file with git lfs pull, or by its /resolve/ link");
        }
        String lower = text.toLowerCase(Locale.ROOT);
        if (Stream.of("<!doctype html", "<html", "<head", "<body", "<title").anyMatch(lower::startsWith)) {
            return Optional.of(WEB_PAGE);
        }
        String message = NOT_SAFETENSORS + "; it may be a server's error message, so download the file again";
        if (plain && (text.startsWith("{") || text.startsWith("["))) {
            return Optional.of("is a JSON document" + message);
        }
        return text.startsWith("<?xml") ? Optional.of("is an XML document" + message) : Optional.empty();
    }

    private static String text(byte[] head) {
        return new String(head, StandardCharsets.ISO_8859_1)
                .replaceFirst("^\u00ef\u00bb\u00bf", "")
                .stripLeading();
    }

    /** Says whether bytes are UTF-8 without control characters; the last character may be cut. */
    private static boolean isText(byte[] head) {
        CoderResult decoded = StandardCharsets.UTF_8
                .newDecoder()
                .decode(ByteBuffer.wrap(head), CharBuffer.allocate(head.length), false);
        if (decoded.isError()) {
            return false;
        }
        for (byte one : head) {
            boolean control = one >= 0 && one < ' ' && one != '\t' && one != '\n' && one != '\r' && one != '\f';
            if (control || one == 0x7f) {
                return false;
            }
        }
        return true;
    }

    private static boolean begins(byte[] head, String magic) {
        return head.length >= magic.length()
                && new String(head, 0, magic.length(), StandardCharsets.ISO_8859_1).equals(magic);
    }

    private static boolean contains(byte[] bytes, String what) {
        return new String(bytes, StandardCharsets.ISO_8859_1).contains(what);
    }

    private static byte[] tail(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file)) {
            ByteBuffer end = ByteBuffer.allocate((int) Math.min(TAIL, channel.size()));
            long from = channel.size() - end.capacity();
            while (end.hasRemaining() && channel.read(end, from + end.position()) >= 0) {
                // reads on
            }
            return end.array();
        }
    }

    private static Map<String, String> magic() {
        Map<String, String> magic = new LinkedHashMap<>();
        magic.put("GGUF", "is a GGUF file" + NOT_SAFETENSORS);
        magic.put("\u0089HDF\r\n", "is an HDF5 file" + NOT_SAFETENSORS);
        magic.put("\u0093NUMPY", "is a NumPy file" + NOT_SAFETENSORS);
        magic.put("\u0089PNG\r\n", "is a PNG image" + NOT_SAFETENSORS);
        magic.put("\u00ff\u00d8\u00ff", "is a JPEG image" + NOT_SAFETENSORS);
        magic.put("%PDF-", "is a PDF document" + NOT_SAFETENSORS);
        magic.put("\u001f\u008b", "is a gzip archive; unpack it");
        magic.put("7z\u00bc\u00af'\u001c", "is a 7z archive; unpack it");
        magic.put("Rar!\u001a\7", "is a RAR archive; unpack it");
        magic.put("(\u00b5/\u00fd", "is a Zstandard archive; unpack it");
        return magic;
    }
}
