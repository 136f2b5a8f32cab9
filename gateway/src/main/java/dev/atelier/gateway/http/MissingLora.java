package dev.atelier.gateway.http;

import dev.atelier.gateway.adapter.AdapterFiles;
import dev.atelier.gateway.adapter.remote.RemoteFiles;
import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import io.vertx.core.Future;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Adds to {@code LORA_NOT_FOUND} the names that resemble the missing one, which every caller may list, and the folder,
 * for callers that may know the server's paths.
 */
final class MissingLora {
    private final AdapterFiles adapters;

    MissingLora(AdapterFiles adapters) {
        this.adapters = adapters;
    }

    /**
     * Fails with what a caller is answered.
     *
     * @param failure any failure; one that is not about a missing local file stays as it is
     * @param path the path as sent
     */
    <T> Future<T> explain(Throwable failure, String path, Caller caller) {
        boolean missing = failure instanceof PipelineException refused
                && refused.code() == ErrorCode.LORA_NOT_FOUND
                && !RemoteFiles.isRemote(path);
        return missing
                ? adapters.closest(path)
                        .otherwise(List.of()) // the folder cannot be read, which is no reason to hide that the file is
                        // missing
                        .compose(names -> Future.failedFuture(explained((PipelineException) failure, names, caller)))
                : Future.failedFuture(failure);
    }

    private PipelineException explained(PipelineException failure, List<String> names, Caller caller) {
        Map<String, Object> details = new LinkedHashMap<>(failure.details());
        details.put("closest", names);
        StringBuilder message = new StringBuilder(failure.getMessage());
        message.append(
                names.isEmpty()
                        ? ". The LoRA folder has no safetensors file."
                        : ". Closest names: " + String.join(", ", names) + ".");
        if (caller.seesAll()) {
            details.put("folder", adapters.folder().toString());
            message.append(" Set WORKFLOWS_BASE_PATH, which is ")
                    .append(adapters.folder())
                    .append(", or use a path below it.");
        }
        return new PipelineException(ErrorCode.LORA_NOT_FOUND, message.toString(), details, null);
    }
}
