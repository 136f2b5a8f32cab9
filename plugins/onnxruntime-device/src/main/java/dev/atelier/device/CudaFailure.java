package dev.atelier.device;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Makes sense of what ONNX Runtime says about CUDA: all its errors have one code, so that the text must be read. */
final class CudaFailure {
    private static final List<String> OUT_OF_MEMORY = List.of(
            "Failed to allocate memory for requested buffer", "is smaller than requested bytes", "CUDA failure 2:");
    private static final Pattern MISSING = Pattern.compile("([\\w.+-]+\\.(?:so[.\\d]*|dll))[:\\s].*", Pattern.DOTALL);

    private CudaFailure() {}

    /** Tells whether the device is only full. */
    static boolean isOutOfMemory(String message) {
        return OUT_OF_MEMORY.stream().anyMatch(message::contains);
    }

    /** Returns the message, with the library that is missing where that is the reason. */
    static String explain(String message) {
        if (!message.contains("Failed to load")) {
            return message;
        }
        // The runtime names the library on the error stream only; the linker names it to us when asked for the same.
        try {
            System.load(RuntimeNatives.cudaProvider().toString());
            return message;
        } catch (UnsatisfiedLinkError e) {
            return "the CUDA provider cannot be loaded: " + missing(String.valueOf(e.getMessage()));
        }
    }

    /**
     * Returns {@code libcublasLt.so.12 is missing} from {@code /path/libprovider.so: libcublasLt.so.12: cannot open}.
     */
    static String missing(String linkError) {
        int colon = linkError.indexOf(": ");
        String reason = colon < 0 ? linkError : linkError.substring(colon + 2);
        Matcher library = MISSING.matcher(reason);
        return library.matches() && reason.contains("cannot open shared object file")
                ? library.group(1) + " is missing"
                : linkError;
    }
}
