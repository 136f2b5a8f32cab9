package dev.atelier.gateway.storage;

import dev.atelier.plugin.PipelineException;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A folder of this gateway cannot be used: STORAGE_FULL or STORAGE_UNAVAILABLE. */
public final class StorageException extends PipelineException {
    private static final long serialVersionUID = 1L;

    private final transient StorageFault fault;

    /**
     * Creates a failure.
     *
     * @param message for clients: it names no path
     * @param details for clients
     */
    public StorageException(
            StorageFault fault, String message, Map<String, Object> details, @Nullable Throwable cause) {
        super(fault.code(), message, details, cause);
        this.fault = fault;
    }

    /** Returns which folder it is, and why. */
    public StorageFault fault() {
        return fault;
    }
}
