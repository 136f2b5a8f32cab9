package dev.atelier.gateway;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/**
 * Every setting there is: its name as an environment variable and in {@code .env}, which also gives the option of
 * {@code serve} ({@code MAX_BODY_BYTES}, {@code --max-body-bytes}), its default and what it means. The names that the
 * reference knows mean here what they mean there.
 */
enum Setting {
    HOST("0.0.0.0", "ADDRESS", "the address to listen on"),
    PORT("8000", "NUMBER", "the port to listen on; 0 takes a free one"),
    ADMIN_PORT(
            "",
            "NUMBER",
            "a second port, for metrics, health and what changes the server; default none; 0 takes a free one"),
    ADMIN_HOST("127.0.0.1", "ADDRESS", "the address to listen on with ADMIN_PORT"),
    API_KEYS_FILE("", "FILE", "who may call, a name and a hash per line; default anyone"),
    KEY_RATE_LIMIT("0", "NUMBER", "how many requests a second one API key may make; 0 is any number"),
    KEY_QUEUE_CAPACITY("0", "IMAGES", "how many images of one API key may wait; 0 is as many as the queue takes"),
    BASE_URL(
            "",
            "URL",
            "what links in answers begin with; default the host that the request calls, where it is allowed, else localhost"),
    ALLOWED_HOSTS(
            "",
            "HOST,...",
            "Hosts under which clients may call a server without API keys, and the admin port, besides addresses, names"
                    + " without a dot, this machine's names and the host of BASE_URL; *.SUFFIX is all below it, * is any."),
    TRUSTED_PROXIES(
            "",
            "ADDRESS,...",
            "Addresses and blocks (10.0.0.0/8) of reverse proxies whose X-Forwarded-For, -Proto, -Host and -Prefix and"
                    + " Forwarded headers count."),
    CORS_ORIGINS(
            "*",
            "ORIGIN,...",
            "Origins whose pages may use the server in a browser; others may change nothing and read no answer; * is any."),
    MAX_BODY_BYTES("16777216", "BYTES", "the largest request body, up to 20000000"),
    MAX_HEADER_BYTES("8192", "BYTES", "the largest headers of a request"),
    MAX_PROMPTS("256", "NUMBER", "how many prompts a request may have"),
    MAX_PROMPT_CHARACTERS("10000", "NUMBER", "the longest prompt, with its trigger words in place"),
    MAX_PIXELS("16777216", "NUMBER", "the largest picture, in pixels"),
    MAX_EVENT_STREAMS(
            "100",
            "NUMBER",
            "how many requests one client may follow at a time; a client is an API key, else an address"),
    MAX_INSPECTIONS("32", "NUMBER", "Maximum number of LoRA inspections that run at a time."),
    MAX_CLIENT_INSPECTIONS(
            "8",
            "NUMBER",
            "Maximum number of LoRA inspections that run at a time for one client, which is an API key, else an address."),
    INSPECTION_TIMEOUT("120", "SECONDS", "Maximum seconds that a LoRA inspection may take, its download included."),
    KEEP_ALIVE_TIMEOUT("75", "SECONDS", "how long a connection may wait for a request and its headers"),
    REQUEST_TIMEOUT("60", "SECONDS", "how long the body of a request may take to arrive"),
    DRAIN_TIMEOUT("30", "SECONDS", "how long jobs may go on being drawn after the server was told to end"),
    WORKFLOWS_BASE_PATH(
            "", "FOLDER", "the folder of LoRA files; nothing outside is read; default the folder loras in DATA_DIR"),
    OUTPUT_BASE_PATH("", "FOLDER", "the folder that images are written to; default the folder outputs in DATA_DIR"),
    DATA_DIR(
            "",
            "FOLDER",
            "the folder of jobs and unpacked plugins; default atelier in XDG_DATA_HOME or in ~/.local/share"),
    NATIVES_DIR(
            "",
            "FOLDER",
            "the folder that native libraries are unpacked to, on a file system without noexec;"
                    + " default atelier/natives in XDG_CACHE_HOME or in ~/.cache, else natives in DATA_DIR"),
    DATABASE_URL("", "URL", "a PostgreSQL database of jobs that gateways share; not shown; default a file in DATA_DIR"),
    DATABASE_URL_FILE("", "FILE", "a file that holds DATABASE_URL, where that is not given"),
    ROLE("all", "all|gateway|worker", "what it does: answer clients, draw, or both"),
    QUEUE_CAPACITY("256", "IMAGES", "how many images may wait"),
    MAX_ATTEMPTS("3", "NUMBER", "how often a job may lose its worker before it fails"),
    LEASE_SECONDS("30", "SECONDS", "how long a worker that says nothing counts as alive"),
    RETENTION_HOURS("24", "HOURS", "how long finished requests and their pictures are kept"),
    MIN_FREE_BYTES("268435456", "BYTES", "how much must stay free on the disks of pictures and jobs"),
    PLUGINS_DIR(
            "",
            "FOLDER",
            "where plugin zips are, looked at every two seconds; default the ones built with the gateway"),
    PLUGINS_TRUSTED_KEYS(
            "", "FILE,...", "public keys in PEM form; when given, only plugins signed with one are loaded"),
    PLUGIN_START_TIMEOUT("60", "SECONDS", "how long a plugin may take to start or stop"),
    PLUGIN_SETTING("", "PLUGIN.NAME=VALUE,...", "settings of plugins, such as zimage-turbo.threads=2"),
    CHECKPOINT("", "REPOSITORY=FOLDER,...", "folders of checkpoints; a model id stands for its base repository"),
    MODEL_CACHE_DIR("", "FOLDER", "where checkpoints are: plain folders, or the Hugging Face cache's layout"),
    HF_HUB_CACHE("", "FOLDER", "a Hugging Face cache; looked into after MODEL_CACHE_DIR"),
    HF_HOME("", "FOLDER", "its folder hub is a Hugging Face cache; looked into next, ~/.cache/huggingface last"),
    HF_TOKEN("", "TOKEN", "for downloads from Hugging Face; never shown"),
    HF_TOKEN_FILE("", "FILE", "a file that holds HF_TOKEN, where that is not given"),
    MAX_LORAS(
            "8",
            "NUMBER",
            "how many LoRAs a request may name, up to 100, where the model takes as many; the reference takes 1"),
    ALLOW_NO_LORA(
            "false",
            "true|false",
            "whether a request that lacks allow_no_lora may name no LoRA; the reference rejects it"),
    LORA_DOWNLOAD_CACHE_DIR("", "FOLDER", "the folder of downloaded LoRAs; default the folder lora-cache in DATA_DIR"),
    LORA_DOWNLOAD_CACHE_BYTES("21474836480", "BYTES", "how much downloaded LoRAs may take on the disk in all"),
    LORA_MAX_BYTES("4294967296", "BYTES", "the largest LoRA that is downloaded"),
    LORA_ALLOWED_HOSTS("", "HOST,...", "the only hosts LoRAs come from, redirects included; *.SUFFIX is all under it"),
    LORA_ALLOW_HTTP("false", "true|false", "whether LoRAs may come over plain http"),
    LORA_ALLOW_PRIVATE("false", "true|false", "whether LoRAs may come from private networks and this machine"),
    LORA_CA_FILE("", "FILE", "certificates in PEM form that are trusted for downloads besides Java's own"),
    HF_ENDPOINT("https://huggingface.co", "URL", "the Hugging Face hub or its mirror; the only host that gets a token"),
    HTTP_PROXY("", "URL", "the proxy for http URLs; may hold a password and is not shown"),
    HTTPS_PROXY("", "URL", "the proxy for https URLs; may hold a password and is not shown"),
    NO_PROXY("", "HOST,...", "hosts that are asked without a proxy: names, .SUFFIX, addresses, blocks; * is all"),
    LORA_CACHE_BYTES(
            "1073741824",
            "BYTES",
            "how much of parsed LoRAs each model keeps in memory; at most an eighth of the Java heap"),
    CAPTION_CACHE_BYTES("134217728", "BYTES", "how much of encoded prompts each model keeps in memory"),
    DEVICE("auto", "auto|cpu|cuda|cuda:N[,M]", "where to draw; auto takes an NVIDIA GPU where one works"),
    OFFLOAD_MODE("none", "none|model|sequential", "accepted for the reference; no effect: models stay on their device"),
    ENABLE_CPU_OFFLOAD("false", "true|false", "deprecated: true is OFFLOAD_MODE=model, where that is not given"),
    INFERENCE_TIMEOUT("3600", "SECONDS", "how long a job may take from being taken up"),
    PREVIEW_EVERY(
            "0", "STEPS", "after how many steps events carry a preview, where a request does not say; 0 is never"),
    LOG_FORMAT("text", "text|json", "how log lines are written"),
    LOG_PROMPTS("false", "true|false", "whether prompts are logged"),
    DEBUG("false", "true|false", "whether to log in detail");

    private final String fallback;
    private final String form;
    private final String meaning;

    Setting(String fallback, String form, String meaning) {
        this.fallback = fallback;
        this.form = form;
        this.meaning = meaning;
    }

    /** Returns the option of {@code serve}. */
    String option() {
        return "--" + name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** Returns the value where nobody gives one; empty means none, or one that depends on the machine. */
    String fallback() {
        return fallback;
    }

    /** Returns what a value looks like. */
    String form() {
        return form;
    }

    /** Returns what it is for. */
    String meaning() {
        return meaning;
    }

    /** Returns whether the value must not be shown. */
    boolean isSecret() {
        return this == HF_TOKEN || this == DATABASE_URL || this == HTTP_PROXY || this == HTTPS_PROXY;
    }

    /** Returns whether its option may be repeated, each time adding to the list. */
    boolean isList() {
        return form.endsWith(",...");
    }

    /** Returns the setting of that name, in upper or lower case. */
    static Optional<Setting> named(String name) {
        return Arrays.stream(values())
                .filter(setting -> setting.name().equalsIgnoreCase(name))
                .findFirst();
    }
}
