package dev.atelier.zimage.text;

import ai.djl.engine.EngineException;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.djl.huggingface.tokenizers.jni.LibUtils;
import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Loads the native tokenizer once per process, with its habits turned off: left alone it asks the machine's metadata
 * service where it runs, reports its use, and may download a build for CUDA.
 */
final class TokenizerLibrary {
    private static final String CUDA_IN_CHILD_PROCESS = "ai.djl.util.cuda.fork";
    private static final String NATIVES_FOLDER = "ENGINE_CACHE_DIR";

    private static boolean loaded;

    private TokenizerLibrary() {}

    /** Loads the library unless it is there. Every use of its classes comes after this. */
    static synchronized void load() {
        if (loaded) {
            return;
        }
        keepOffline();
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        // The library looks for its natives through the thread's loader, which may be any.
        thread.setContextClassLoader(TokenizerLibrary.class.getClassLoader());
        try {
            skipCudaProbe();
            LibUtils.checkStatus();
            loaded = true;
        } catch (EngineException | LinkageError e) {
            throw new PipelineException(
                    ErrorCode.MODEL_NOT_AVAILABLE, "The tokenizer library cannot be loaded: " + rootCause(e), e);
        } finally {
            thread.setContextClassLoader(before);
        }
    }

    private static void keepOffline() {
        System.setProperty("ai.djl.offline", "true");
        System.setProperty("OPT_OUT_TRACKING", "true");
        System.setProperty("RUST_FLAVOR", "cpu");
        if (System.getenv(NATIVES_FOLDER) == null && System.getProperty(NATIVES_FOLDER) == null) {
            System.setProperty(NATIVES_FOLDER, nativesFolder().toString());
        }
    }

    /**
     * Keeps the library from looking for a GPU that it would not use: that costs a tenth of a second, and unpacks one
     * more native library at each start. Told that another process does it, its probe loads nothing; told before anyone
     * asks that none does after all, it reports no GPU.
     */
    private static void skipCudaProbe() {
        System.setProperty(CUDA_IN_CHILD_PROCESS, "true");
        try {
            Class.forName("ai.djl.util.cuda.CudaUtils", true, HuggingFaceTokenizer.class.getClassLoader());
        } catch (ClassNotFoundException e) {
            throw new NoClassDefFoundError(e.getMessage());
        } finally {
            System.clearProperty(CUDA_IN_CHILD_PROCESS);
        }
    }

    /** One folder per user, so that the library is unpacked once and not at each start; the gateway names its own. */
    private static Path nativesFolder() {
        String cache = System.getenv("XDG_CACHE_HOME");
        String home = System.getProperty("user.home");
        try {
            Path base = cache != null && !cache.isEmpty() ? Path.of(cache) : Path.of(home, ".cache");
            if (base.isAbsolute()) { // Java says ? where the user has no home folder
                Path folder = Files.createDirectories(base.resolve("atelier").resolve("natives"));
                if (Files.isWritable(folder)) {
                    return folder;
                }
            }
        } catch (IOException e) {
            // A home that cannot be written: a temporary folder below does.
        }
        try {
            return Files.createTempDirectory("atelier-natives-");
        } catch (IOException e) {
            throw new PipelineException(
                    ErrorCode.MODEL_NOT_AVAILABLE, "The tokenizer library cannot be unpacked: set NATIVES_DIR", e);
        }
    }

    private static Throwable rootCause(Throwable failure) {
        Throwable cause = failure;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause;
    }
}
