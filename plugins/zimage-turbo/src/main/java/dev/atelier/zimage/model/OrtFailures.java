package dev.atelier.zimage.model;

import ai.onnxruntime.OrtException;
import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import java.util.List;
import java.util.regex.Pattern;

/** Tells ONNX Runtime's failures apart. It gives one code for all of them, so the message has to do. */
final class OrtFailures {
    private static final List<String> OUT_OF_MEMORY = List.of(
            "Failed to allocate memory for requested buffer",
            "is smaller than requested bytes",
            "std::bad_alloc",
            "bad allocation",
            "CUDA failure 2:",
            "CUDA failure 2 ");
    private static final Pattern DEAD_CONTEXT = Pattern.compile("CUDA failure (700|710|71[4-9]|999)\\b");

    private OrtFailures() {}

    /** Returns the failure with the code that fits its message. */
    static PipelineException translate(OrtException failure, String what) {
        String message = String.valueOf(failure.getMessage());
        return new PipelineException(code(message), what + ": " + message, failure);
    }

    private static ErrorCode code(String message) {
        if (DEAD_CONTEXT.matcher(message).find()) {
            return ErrorCode.DEVICE_LOST;
        }
        return OUT_OF_MEMORY.stream().anyMatch(message::contains)
                ? ErrorCode.INSUFFICIENT_GPU_MEMORY
                : ErrorCode.INTERNAL_ERROR;
    }
}
