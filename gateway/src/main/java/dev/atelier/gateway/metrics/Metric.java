package dev.atelier.gateway.metrics;

import java.util.List;
import java.util.Locale;

/**
 * Every metric of ours: its name, its labels and what it means. Meters are made from here alone, the README's table is
 * held to it, and names stay. Seconds, bytes and ratios are the only units. Labels hold declared ids, operations, codes
 * and the like; nothing that a client can make up.
 */
public enum Metric {
    HTTP_SERVER_REQUESTS(Kind.COUNTER, "answers sent", "operation", "method", "status"),
    HTTP_SERVER_RESPONSE_TIME(
            Kind.SECONDS, "from a request's head to its answer's end", "operation", "method", "status"),
    HTTP_SERVER_REQUEST_BYTES(Kind.BYTES, "sizes of requests' bodies", "method"),
    HTTP_SERVER_RESPONSE_BYTES(Kind.BYTES, "sizes of answers' bodies", "operation", "method", "status"),
    HTTP_SERVER_REQUEST_RESETS(Kind.COUNTER, "requests that clients broke off", "method"),
    HTTP_SERVER_ACTIVE_REQUESTS(Kind.GAUGE, "requests that are being answered", "method"),
    HTTP_SERVER_ACTIVE_CONNECTIONS(Kind.GAUGE, "open connections"),
    HTTP_SERVER_BYTES_READ(Kind.COUNTER, "bytes received"),
    HTTP_SERVER_BYTES_WRITTEN(Kind.COUNTER, "bytes sent"),
    HTTP_SERVER_ERRORS(Kind.COUNTER, "connections that broke"),

    JOBS_ACCEPTED(Kind.COUNTER, "submissions that became jobs", "model"),
    JOBS_REJECTED(Kind.COUNTER, "submissions that were refused", "code"),
    JOBS_FINISHED(
            Kind.COUNTER,
            "jobs that ended; state is succeeded, failed or canceled; code is none unless failed",
            "model",
            "state",
            "code"),
    JOBS_REQUEUED(
            Kind.COUNTER,
            "running jobs that went back into the queue; code is the fault of their worker, none for a drain",
            "code"),
    JOBS(Kind.GAUGE, "jobs in the store", "state"),
    IMAGES(Kind.COUNTER, "pictures written", "model"),
    QUEUE_DEPTH(Kind.GAUGE, "jobs that wait for a device"),
    QUEUE_OLDEST_SECONDS(Kind.GAUGE, "how long the oldest of them has waited"),
    QUEUE_WAIT(Kind.SECONDS, "from acceptance to a device"),
    JOB(Kind.SECONDS, "from acceptance to the result, for jobs that succeeded", "model"),

    RUNNING_JOBS(Kind.GAUGE, "jobs that the device draws", "device"),
    RUNNING_STEP(Kind.GAUGE, "the step that the device's picture has reached; 0 while none is drawn", "device"),
    RUNNING_STEPS(Kind.GAUGE, "how many steps that picture takes", "device"),
    STAGE(
            Kind.SECONDS,
            "a stage of a picture: load_adapters, text_encode, denoise, vae_decode, encode_image, save",
            "model",
            "stage",
            "size"),
    STEP(
            Kind.SECONDS,
            "a denoising step; size is the side of the square of as many pixels, rounded up",
            "model",
            "size"),

    MODEL_STATE(
            Kind.GAUGE, "1 for the state that the model is in: unavailable, closed, open or failed", "model", "state"),
    MODEL_LOADED(Kind.GAUGE, "devices that have the model open", "model"),
    MODEL_BYTES(Kind.GAUGE, "weights and caches that the model holds, on all devices together", "model"),
    MODEL_LOAD(Kind.SECONDS, "opening a model", "model"),
    MODEL_LOAD_FAILURES(Kind.COUNTER, "times that a model did not open", "model"),

    ADAPTER_LOAD(Kind.SECONDS, "having a picture's adapters ready, from memory or from their files", "model"),
    ADAPTER_CACHE_HITS(Kind.COUNTER, "adapters found parsed in memory"),
    ADAPTER_CACHE_MISSES(Kind.COUNTER, "adapters that had to be read"),
    ADAPTER_CACHE_EVICTIONS(Kind.COUNTER, "adapters that had to give way in memory"),
    ADAPTER_CACHE_BYTES(Kind.GAUGE, "memory that parsed adapters take", "model", "device"),
    ADAPTER_UNMATCHED_KEYS(Kind.COUNTER, "tensors of a job's adapters that fit nothing in the model", "model"),
    CAPTION_CACHE_HITS(Kind.COUNTER, "encoded prompts found in memory"),
    CAPTION_CACHE_MISSES(Kind.COUNTER, "prompts that had to be encoded"),
    CAPTION_CACHE_BYTES(Kind.GAUGE, "memory that encoded prompts take", "model", "device"),

    DOWNLOADS(Kind.COUNTER, "downloads of adapters; outcome is success, failure or canceled", "outcome"),
    DOWNLOAD_BYTES(Kind.COUNTER, "bytes received by them"),
    DOWNLOAD_RETRIES(Kind.COUNTER, "times that one broke off and was resumed"),

    DEVICE_LOST(Kind.GAUGE, "1 when the device's context is dead", "device"),
    DEVICE_MEMORY_USED_BYTES(Kind.GAUGE, "memory of the GPU in use by all processes; absent without NVML", "device"),
    DEVICE_MEMORY_TOTAL_BYTES(Kind.GAUGE, "memory of the GPU; absent without NVML", "device"),
    DEVICE_UTILIZATION_RATIO(Kind.GAUGE, "how much of the time the GPU computed; absent without NVML", "device"),

    PLUGIN_STATE(Kind.GAUGE, "1 for the state that the plugin is in", "plugin", "state"),
    PLUGIN_THREADS_ABANDONED(Kind.COUNTER, "threads left to plugins that did not come back"),
    EVENT_STREAMS(Kind.GAUGE, "event streams that clients have open"),
    STORE_OPERATIONS(
            Kind.COUNTER, "operations of the job store; outcome is success or failure", "operation", "outcome"),
    READY(Kind.GAUGE, "1 while a check of /health/ready passes", "check"),
    DISK_FREE_BYTES(Kind.GAUGE, "what may still be written; folder is data, downloads or outputs", "folder"),
    DISK_TOTAL_BYTES(Kind.GAUGE, "the size of the folder's file system", "folder"),
    EVENT_LOOP_LAG(Kind.SECONDS, "how late an event loop comes to what is due"),
    POOL_QUEUE_TIME(Kind.SECONDS, "what a task waited for a thread", "pool_type", "pool_name"),
    POOL_QUEUE_PENDING(Kind.GAUGE, "tasks that wait for a thread", "pool_type", "pool_name"),
    POOL_IN_USE(Kind.GAUGE, "threads at work", "pool_type", "pool_name"),
    POOL_RATIO(Kind.GAUGE, "the share of the pool's threads at work", "pool_type", "pool_name"),
    POOL_COMPLETED(Kind.COUNTER, "tasks that ended", "pool_type", "pool_name"),
    POOL_USAGE(Kind.SECONDS, "what a task took", "pool_type", "pool_name"),
    BUILD_INFO(Kind.GAUGE, "1; what was built, as --version prints it", "version", "plugin_api", "onnxruntime", "java");

    /** How a metric is measured. */
    public enum Kind {
        /** Only grows; its name ends in {@code _total}. */
        COUNTER,
        /** Goes up and down. */
        GAUGE,
        /** A histogram of durations; its name ends in {@code _seconds}. */
        SECONDS,
        /** Count and sum of sizes in bytes. */
        BYTES
    }

    private final Kind kind;
    private final String meaning;

    @SuppressWarnings("ImmutableEnumChecker") // it is a copy that nobody can change
    private final List<String> labels;

    Metric(Kind kind, String meaning, String... labels) {
        this.kind = kind;
        this.meaning = meaning;
        this.labels = List.of(labels);
    }

    /** Returns how it is measured. */
    public Kind kind() {
        return kind;
    }

    /** Returns what it tells, in a few words. */
    public String meaning() {
        return meaning;
    }

    /** Returns its labels. */
    public List<String> labels() {
        return labels;
    }

    /** Returns its name for Micrometer, which adds the unit. */
    String meterName() {
        return "atelier." + name().toLowerCase(Locale.ROOT).replace('_', '.');
    }

    /** Returns its name for Prometheus. */
    public String exposedName() {
        String suffix =
                switch (kind) {
                    case COUNTER -> "_total";
                    case GAUGE, BYTES -> "";
                    case SECONDS -> "_seconds";
                };
        return "atelier_" + name().toLowerCase(Locale.ROOT) + suffix;
    }
}
