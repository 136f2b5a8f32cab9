package dev.atelier.gateway.adapter.remote;

import dev.atelier.gateway.storage.StorageException;
import dev.atelier.gateway.storage.StorageFault;
import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a fetch fails with. Messages are for clients: they name the URL without query and user name, and never an
 * address.
 */
final class Failures {
    private static final Pattern SECRETS = Pattern.compile("(?s)^([A-Za-z][A-Za-z0-9+.-]*://)(?:[^/?#]*@)?([^?#]*).*");
    private static final int MAX_SHOWN = 200;

    private Failures() {}

    /** Returns a URL without what may be secret in it, well formed or not. */
    static String shown(String source) {
        Matcher url = SECRETS.matcher(source);
        String plain = (url.matches() ? url.group(1) + url.group(2) : source).replaceAll("\\p{Cntrl}", "?");
        return plain.length() <= MAX_SHOWN ? plain : plain.substring(0, MAX_SHOWN) + "...";
    }

    /** The URL's form is refused, for a reason that tells nothing about where it leads. */
    static PipelineException refused(String source, String reason) {
        return failure(ErrorCode.LORA_URL_NOT_ALLOWED, "LoRA URL not allowed", source, reason, Map.of());
    }

    /** The URL, or a redirect from it, leads to a host that is unknown or not allowed; the client learns no more. */
    static PipelineException refused(String source) {
        return refused(source, "its host is unknown or not allowed");
    }

    /** The host has no such file. */
    static PipelineException notFound(String source, int status) {
        return failure(
                ErrorCode.LORA_NOT_FOUND,
                "LoRA file not found",
                source,
                "the server answered " + status,
                Map.of("status", status));
    }

    /** What came is no adapter. */
    static PipelineException invalid(String source, String reason) {
        return failure(ErrorCode.LORA_INVALID, "LoRA file is not valid", source, reason, Map.of());
    }

    /** The file is larger than allowed. */
    static PipelineException tooLarge(String source, String reason, long limit) {
        return failure(ErrorCode.LORA_TOO_LARGE, "LoRA file is too large", source, reason, Map.of("limit", limit));
    }

    /** The folder of the cache cannot be used. */
    static StorageException storage(String source, StorageFault fault, IOException cause) {
        String reason = "the download cache is not usable: " + fault.problem();
        String message = "LoRA download failed: " + shown(source) + ": " + reason;
        return new StorageException(fault, message, Map.of("url", shown(source), "reason", reason), cause);
    }

    /** The download failed for good. */
    static PipelineException failed(String source, String reason, @Nullable Integer status, int tries) {
        Map<String, Object> details = new HashMap<>(Map.of("tries", tries));
        if (status != null) {
            details.put("status", status);
        }
        String outcome = tries == 1 ? reason : reason + " (" + tries + " tries)";
        return failure(ErrorCode.LORA_DOWNLOAD_FAILED, "LoRA download failed", source, outcome, details);
    }

    private static PipelineException failure(
            ErrorCode code, String what, String source, String reason, Map<String, Object> values) {
        Map<String, Object> details = new HashMap<>(values);
        details.put("url", shown(source));
        details.put("reason", reason);
        return new PipelineException(code, what + ": " + shown(source) + ": " + reason, details, null);
    }
}
