package dev.atelier.plugin;

/** What can go wrong, by the names that clients see. The gateway maps them to HTTP statuses in one place. */
public enum ErrorCode {
    /** A field of the request is missing, of the wrong type or out of range. */
    INVALID_PARAMETER,
    /** No known plugin declares the model id. */
    MODEL_NOT_FOUND,
    /** The model is known, but nothing here can serve it now. */
    MODEL_NOT_AVAILABLE,
    /** The request names no adapter. */
    LORA_FILE_REQUIRED,
    /** The model needs its adapters per expert. */
    MOE_FORMAT_REQUIRED,
    /** The model takes one pair of adapters. */
    SINGLE_MOE_CONFIG_ONLY,
    /** The model has no experts to tell apart. */
    MOE_FORMAT_NOT_SUPPORTED,
    /** More adapters than the model takes. */
    SINGLE_LORA_ONLY,
    /** The adapter file is not there. */
    LORA_NOT_FOUND,
    /** The adapter file is not well formed, or does not fit the model. */
    LORA_INVALID,
    /** Nothing in the adapter file matches the model. */
    LORA_NOT_APPLIED,
    /** The adapter file is not the one that was submitted. */
    LORA_CHANGED,
    /** The adapter's URL may not be fetched. */
    LORA_URL_NOT_ALLOWED,
    /** The adapter could not be downloaded; trying later may help. */
    LORA_DOWNLOAD_FAILED,
    /** The token that an adapter needed was held by a gateway that is gone. */
    HF_TOKEN_LOST,
    /** The adapter file is larger than allowed. */
    LORA_TOO_LARGE,
    /** A prompt lacks its control image. */
    CONTROL_IMAGE_REQUIRED,
    /** No such request. */
    REQUEST_NOT_FOUND,
    /** The request was kept long enough and is gone. */
    REQUEST_EXPIRED,
    /** The request has finished: nothing is left to stop. */
    REQUEST_FINISHED,
    /** The request has not finished: it cannot be removed yet. */
    REQUEST_NOT_FINISHED,
    /** The idempotency key was used for another request. */
    IDEMPOTENCY_CONFLICT,
    /** Too many images wait; trying later helps. */
    QUEUE_FULL,
    /** The database that holds the jobs cannot be reached; trying later helps. */
    STORE_UNAVAILABLE,
    /** The disk is full. */
    STORAGE_FULL,
    /** A folder that the server writes cannot be written: read-only, unmounted, not a folder or not answering. */
    STORAGE_UNAVAILABLE,
    /** No such plugin. */
    PLUGIN_NOT_FOUND,
    /** The checkpoint contradicts itself or what the model needs. */
    CHECKPOINT_INVALID,
    /** The latents or pixels are not finite numbers. */
    NON_FINITE_OUTPUT,
    /** The device's memory does not suffice; a smaller picture may work. */
    INSUFFICIENT_GPU_MEMORY,
    /** The device's context is dead; the process must be replaced. */
    DEVICE_LOST,
    /** The job ran longer than allowed. */
    INFERENCE_TIMEOUT,
    /** The job lost its worker too often. */
    WORKER_LOST,
    /** The job was not started in time. */
    EXPIRED,
    /** The caller showed no valid API key. */
    UNAUTHORIZED,
    /** The caller may not do this. */
    FORBIDDEN,
    /** The request calls the server by a host that it does not know. */
    HOST_NOT_ALLOWED,
    /** A page of this origin may not change anything. */
    ORIGIN_NOT_ALLOWED,
    /** The API key asked too often. */
    RATE_LIMITED,
    /** The client follows as many requests as it may. */
    TOO_MANY_STREAMS,
    /** As many adapters are being inspected, for the client or in total, as may be at a time. */
    TOO_MANY_INSPECTIONS,
    /** The server is going down and takes no more jobs. */
    SHUTTING_DOWN,
    /** No such route. */
    NOT_FOUND,
    /** The route does not take this method. */
    METHOD_NOT_ALLOWED,
    /** A fault of ours. */
    INTERNAL_ERROR
}
