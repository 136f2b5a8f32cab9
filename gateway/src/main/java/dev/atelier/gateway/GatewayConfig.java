package dev.atelier.gateway;

import dev.atelier.gateway.SettingSources.Machine;
import dev.atelier.gateway.SettingSources.Value;
import dev.atelier.gateway.adapter.InspectionLimits;
import dev.atelier.gateway.adapter.remote.ProxyRules;
import dev.atelier.gateway.adapter.remote.RemoteSettings;
import dev.atelier.gateway.checkpoint.CheckpointStore;
import dev.atelier.gateway.http.Limits;
import dev.atelier.gateway.http.security.TrustedProxies;
import dev.atelier.gateway.job.StoreSettings;
import dev.atelier.gateway.log.LogFormat;
import dev.atelier.gateway.log.LogSettings;
import dev.atelier.gateway.registry.PluginRegistry;
import dev.atelier.gateway.registry.TrustedKeys;
import dev.atelier.plugin.CacheBudget;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The gateway's settings, checked, built once at the start.
 *
 * @param http how it listens and answers
 * @param access who may call, and how much one may ask for
 * @param folders where its files are
 * @param jobs how jobs are kept
 * @param models where models come from
 * @param loras how many LoRAs requests may name, and from where
 * @param drawing how devices work
 * @param hfToken for downloads from Hugging Face
 * @param log how to log
 */
public record GatewayConfig(
        Http http,
        Access access,
        Folders folders,
        Jobs jobs,
        Models models,
        Loras loras,
        Drawing drawing,
        Optional<String> hfToken,
        LogSettings log) {
    /** The repository that the demo checkpoint stands in for. */
    static final String DEMO_REPOSITORY = "Tongyi-MAI/Z-Image-Turbo";

    /**
     * How the gateway listens and answers.
     *
     * @param host the address
     * @param port the port; 0 takes a free one
     * @param baseUrl what links begin with, without a slash at its end; empty: the host that a request calls
     * @param corsOrigins the origins that browsers may come from; {@code *} is any
     * @param admin the second port; empty for none
     * @param allowedHosts further hosts under which clients may call it; {@code *} is any
     * @param proxies the reverse proxies whose headers count
     * @param patience how long it waits for clients, and for jobs at its end
     */
    public record Http(
            String host,
            int port,
            Optional<String> baseUrl,
            List<String> corsOrigins,
            Optional<AdminPort> admin,
            List<String> allowedHosts,
            TrustedProxies proxies,
            Patience patience) {
        /** Copies the lists. */
        public Http {
            corsOrigins = List.copyOf(corsOrigins);
            allowedHosts = List.copyOf(allowedHosts);
        }
    }

    /**
     * The port for who runs the server.
     *
     * @param host the address
     * @param port the port; 0 takes a free one
     */
    public record AdminPort(String host, int port) {}

    /**
     * How long the gateway waits.
     *
     * @param waiting for a request and its headers
     * @param arriving for a request's body
     * @param draining for jobs that are drawn, when it is told to end
     */
    public record Patience(Duration waiting, Duration arriving, Duration draining) {}

    /**
     * Who may call, and how much one may ask for.
     *
     * @param keysFile lists the API keys; empty: anybody may call
     * @param requestsPerSecond how often one key may ask; 0 is any number
     * @param maxHeaderBytes the largest headers
     * @param limits how much a request may ask for
     */
    public record Access(Optional<Path> keysFile, int requestsPerSecond, int maxHeaderBytes, Limits limits) {}

    /**
     * Where files are.
     *
     * @param loras LoRA files
     * @param outputs images
     * @param data jobs and unpacked plugins
     * @param natives unpacked native libraries
     */
    public record Folders(Path loras, Path outputs, Path data, Path natives) {}

    /**
     * How jobs are kept.
     *
     * @param store where, and for how long
     * @param role what this process does for them
     * @param minFreeBytes how much must stay free on the disks
     */
    public record Jobs(StoreSettings store, Role role, long minFreeBytes) {}

    /**
     * Where models come from.
     *
     * @param plugins how plugins are loaded
     * @param pluginSettings settings by plugin id
     * @param checkpoints folders by repository or model id
     * @param modelCache a folder of checkpoints
     * @param hubCaches Hugging Face caches, in order
     */
    public record Models(
            PluginRegistry.Settings plugins,
            Map<String, Map<String, String>> pluginSettings,
            Map<String, Path> checkpoints,
            Optional<Path> modelCache,
            List<Path> hubCaches) {
        /** Copies the collections. */
        public Models {
            pluginSettings = Map.copyOf(pluginSettings);
            checkpoints = Map.copyOf(checkpoints);
            hubCaches = List.copyOf(hubCaches);
        }
    }

    /**
     * How many LoRAs requests may name, and from where.
     *
     * @param most at most, where the model takes as many
     * @param noneAllowed whether a request may name none
     * @param remote how they are downloaded
     * @param inspections the bounds of inspections
     */
    public record Loras(int most, boolean noneAllowed, RemoteSettings remote, InspectionLimits inspections) {}

    /**
     * How devices work.
     *
     * @param device where to draw: {@code auto}, {@code cpu}, {@code cuda} or {@code cuda:N[,M]}
     * @param offloadMode what a client's environment asks for; without effect
     * @param inferenceTimeout how long a job may take
     * @param caches what models keep in memory
     * @param previewEvery after how many steps a preview is made, where a request does not say; 0 for never
     */
    public record Drawing(
            String device, OffloadMode offloadMode, Duration inferenceTimeout, CacheBudget caches, int previewEvery) {}

    /** What leaves a GPU's memory between passes of the reference. Here a session's weights stay on its device. */
    public enum OffloadMode {
        /** Nothing. */
        NONE,
        /** Whole models. */
        MODEL,
        /** Single layers. */
        SEQUENTIAL
    }

    /**
     * Checks the values.
     *
     * @throws ConfigException naming the first one that is malformed
     */
    static GatewayConfig of(Map<Setting, Value> values, Machine machine) {
        SettingReader reader = new SettingReader(values);
        return new GatewayConfig(
                http(reader),
                access(reader),
                folders(reader),
                jobs(reader),
                models(reader, machine),
                new Loras(
                        (int) reader.number(Setting.MAX_LORAS, 1, Limits.LORAS),
                        reader.bool(Setting.ALLOW_NO_LORA),
                        remote(reader),
                        new InspectionLimits(
                                (int) reader.number(Setting.MAX_CLIENT_INSPECTIONS, 1, 10_000),
                                (int) reader.number(Setting.MAX_INSPECTIONS, 1, 10_000),
                                Duration.ofSeconds(reader.number(Setting.INSPECTION_TIMEOUT, 1, 86_400)))),
                drawing(reader),
                reader.secret(Setting.HF_TOKEN, Setting.HF_TOKEN_FILE),
                new LogSettings(
                        reader.choice(Setting.LOG_FORMAT, LogFormat.class),
                        reader.bool(Setting.LOG_PROMPTS),
                        reader.bool(Setting.DEBUG)));
    }

    private static Folders folders(SettingReader reader) {
        Path data = reader.path(Setting.DATA_DIR); // first: the others may lie in it
        return new Folders(
                reader.path(Setting.WORKFLOWS_BASE_PATH),
                reader.path(Setting.OUTPUT_BASE_PATH),
                data,
                reader.path(Setting.NATIVES_DIR));
    }

    private static RemoteSettings remote(SettingReader reader) {
        ProxyRules proxies = new ProxyRules(
                reader.proxy(Setting.HTTP_PROXY), reader.proxy(Setting.HTTPS_PROXY), reader.list(Setting.NO_PROXY));
        return new RemoteSettings(
                new RemoteSettings.Cache(
                        reader.path(Setting.LORA_DOWNLOAD_CACHE_DIR),
                        reader.number(Setting.LORA_MAX_BYTES, 1, Long.MAX_VALUE),
                        reader.number(Setting.LORA_DOWNLOAD_CACHE_BYTES, 1, Long.MAX_VALUE)),
                new RemoteSettings.Access(
                        reader.bool(Setting.LORA_ALLOW_HTTP),
                        reader.bool(Setting.LORA_ALLOW_PRIVATE),
                        reader.list(Setting.LORA_ALLOWED_HOSTS),
                        reader.text(Setting.LORA_CA_FILE).map(text -> reader.path(Setting.LORA_CA_FILE)),
                        proxies,
                        reader.url(Setting.HF_ENDPOINT).orElse(RemoteSettings.Access.HUGGING_FACE)),
                RemoteSettings.Pace.DEFAULT,
                reader.secret(Setting.HF_TOKEN, Setting.HF_TOKEN_FILE));
    }

    private static Http http(SettingReader reader) {
        return new Http(
                reader.required(Setting.HOST),
                (int) reader.number(Setting.PORT, 0, 65535),
                reader.isGiven(Setting.BASE_URL) ? reader.url(Setting.BASE_URL) : Optional.empty(),
                reader.list(Setting.CORS_ORIGINS),
                reader.text(Setting.ADMIN_PORT)
                        .map(text -> new AdminPort(reader.required(Setting.ADMIN_HOST), (int)
                                reader.number(Setting.ADMIN_PORT, 0, 65535))),
                reader.hosts(Setting.ALLOWED_HOSTS),
                reader.proxies(Setting.TRUSTED_PROXIES),
                new Patience(
                        reader.seconds(Setting.KEEP_ALIVE_TIMEOUT),
                        reader.seconds(Setting.REQUEST_TIMEOUT),
                        Duration.ofSeconds(reader.number(Setting.DRAIN_TIMEOUT, 0, 86_400))));
    }

    private static Access access(SettingReader reader) {
        return new Access(
                reader.text(Setting.API_KEYS_FILE).map(text -> reader.path(Setting.API_KEYS_FILE)),
                (int) reader.number(Setting.KEY_RATE_LIMIT, 0, 1_000_000),
                (int) reader.number(Setting.MAX_HEADER_BYTES, 1024, 1_048_576),
                new Limits(
                        reader.number(Setting.MAX_BODY_BYTES, 1024, 20_000_000),
                        (int) reader.number(Setting.MAX_PROMPTS, 1, 1_000_000),
                        (int) reader.number(Setting.MAX_PROMPT_CHARACTERS, 1, 20_000_000),
                        reader.number(Setting.MAX_PIXELS, 64 * 64, Integer.MAX_VALUE),
                        (int) reader.number(Setting.KEY_QUEUE_CAPACITY, 0, Integer.MAX_VALUE),
                        (int) reader.number(Setting.MAX_EVENT_STREAMS, 1, 1_000_000)));
    }

    private static Jobs jobs(SettingReader reader) {
        StoreSettings store = new StoreSettings(
                reader.path(Setting.DATA_DIR),
                reader.database(),
                reader.databaseFile(),
                (int) reader.number(Setting.QUEUE_CAPACITY, 1, Integer.MAX_VALUE),
                (int) reader.number(Setting.MAX_ATTEMPTS, 1, 1_000_000),
                Duration.ofSeconds(reader.number(Setting.LEASE_SECONDS, 2, 86_400)),
                Duration.ofHours(reader.number(Setting.RETENTION_HOURS, 1, 876_000)));
        return new Jobs(
                store,
                reader.choice(Setting.ROLE, Role.class),
                reader.number(Setting.MIN_FREE_BYTES, 0, Long.MAX_VALUE));
    }

    private static Models models(SettingReader reader, Machine machine) {
        Map<String, String> hub = Stream.of(Setting.HF_HUB_CACHE, Setting.HF_HOME)
                .filter(setting -> reader.text(setting).isPresent())
                .collect(Collectors.toMap(Setting::name, reader::required));
        return new Models(
                new PluginRegistry.Settings(
                        reader.path(Setting.PLUGINS_DIR),
                        reader.path(Setting.DATA_DIR),
                        Duration.ofSeconds(reader.number(Setting.PLUGIN_START_TIMEOUT, 1, 86_400)),
                        new TrustedKeys(reader.publicKeys(Setting.PLUGINS_TRUSTED_KEYS))),
                reader.pluginSettings(Setting.PLUGIN_SETTING),
                reader.folders(Setting.CHECKPOINT),
                reader.text(Setting.MODEL_CACHE_DIR).map(text -> reader.path(Setting.MODEL_CACHE_DIR)),
                CheckpointStore.hubCaches(hub, machine.userHome()));
    }

    private static Drawing drawing(SettingReader reader) {
        boolean offload = reader.bool(Setting.ENABLE_CPU_OFFLOAD);
        OffloadMode mode = reader.choice(Setting.OFFLOAD_MODE, OffloadMode.class);
        return new Drawing(
                reader.device(Setting.DEVICE),
                offload && !reader.isGiven(Setting.OFFLOAD_MODE) ? OffloadMode.MODEL : mode,
                Duration.ofSeconds(reader.number(Setting.INFERENCE_TIMEOUT, 1, 31_536_000)),
                new CacheBudget(
                        reader.number(Setting.LORA_CACHE_BYTES, 0, Long.MAX_VALUE),
                        reader.number(Setting.CAPTION_CACHE_BYTES, 0, Long.MAX_VALUE)),
                (int) reader.number(Setting.PREVIEW_EVERY, 0, 150));
    }
}
