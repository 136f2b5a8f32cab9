package dev.atelier.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.gateway.GatewayConfig.OffloadMode;
import dev.atelier.gateway.SettingSources.Machine;
import dev.atelier.gateway.SettingSources.Origin;
import dev.atelier.gateway.adapter.InspectionLimits;
import dev.atelier.gateway.adapter.remote.ProxyRules;
import dev.atelier.gateway.adapter.remote.RemoteSettings;
import dev.atelier.gateway.http.Limits;
import dev.atelier.gateway.http.security.TrustedProxies;
import dev.atelier.gateway.job.StoreSettings;
import dev.atelier.gateway.log.LogFormat;
import dev.atelier.gateway.log.LogSettings;
import dev.atelier.gateway.registry.PluginRegistry;
import dev.atelier.gateway.registry.TrustedKeys;
import dev.atelier.plugin.CacheBudget;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GatewayConfigTest {
    private static final Machine MACHINE = machine(Optional.empty());

    private static Machine machine(Optional<Path> demo) {
        return new Machine(
                Optional.of(Path.of("/home/me")),
                Optional.empty(),
                Optional.empty(),
                Optional.of(Path.of("/build/plugins")),
                demo);
    }

    private static GatewayConfig config(Map<Setting, List<String>> options, Map<String, String> environment) {
        return GatewayConfig.of(new SettingSources(options, environment, Map.of(), MACHINE).resolve(), MACHINE);
    }

    private static GatewayConfig config(Setting setting, String value) {
        return config(Map.of(setting, List.of(value)), Map.of());
    }

    private static GatewayConfig.Http defaultHttp() {
        return new GatewayConfig.Http(
                "0.0.0.0",
                8000,
                Optional.empty(),
                List.of("*"),
                Optional.empty(),
                List.of(),
                TrustedProxies.NONE,
                new GatewayConfig.Patience(Duration.ofSeconds(75), Duration.ofSeconds(60), Duration.ofSeconds(30)));
    }

    private static GatewayConfig.Loras defaultLoras() {
        return new GatewayConfig.Loras(
                8,
                false,
                new RemoteSettings(
                        new RemoteSettings.Cache(
                                Path.of("/home/me/.local/share/atelier/lora-cache"), 4_294_967_296L, 21_474_836_480L),
                        new RemoteSettings.Access(
                                false, false, List.of(), Optional.empty(), ProxyRules.NONE, "https://huggingface.co"),
                        RemoteSettings.Pace.DEFAULT,
                        Optional.empty()),
                InspectionLimits.DEFAULT);
    }

    @Test
    void hasTheseDefaults() {
        assertEquals(
                new GatewayConfig(
                        defaultHttp(),
                        new GatewayConfig.Access(
                                Optional.empty(), 0, 8192, new Limits(16_777_216, 256, 10_000, 16_777_216, 0, 100)),
                        new GatewayConfig.Folders(
                                Path.of("/home/me/.local/share/atelier/loras"),
                                Path.of("/home/me/.local/share/atelier/outputs"),
                                Path.of("/home/me/.local/share/atelier"),
                                Path.of("/home/me/.cache/atelier/natives")),
                        new GatewayConfig.Jobs(
                                StoreSettings.in(Path.of("/home/me/.local/share/atelier")), Role.ALL, 268_435_456),
                        new GatewayConfig.Models(
                                new PluginRegistry.Settings(
                                        Path.of("/build/plugins"),
                                        Path.of("/home/me/.local/share/atelier"),
                                        Duration.ofSeconds(60),
                                        TrustedKeys.ANY),
                                Map.of(),
                                Map.of(),
                                Optional.empty(),
                                List.of(Path.of("/home/me/.cache/huggingface/hub"))),
                        defaultLoras(),
                        new GatewayConfig.Drawing(
                                "auto",
                                OffloadMode.NONE,
                                Duration.ofHours(1),
                                new CacheBudget(1_073_741_824, 134_217_728),
                                0),
                        Optional.empty(),
                        new LogSettings(LogFormat.TEXT, false, false)),
                config(Map.of(), Map.of()));
    }

    @Test
    void letsOptionsWinOverTheEnvironmentAndThatOverTheFile() {
        Map<String, String> file = Map.of("PORT", "1", "HOST", "1", "DEVICE", "cpu");
        Map<String, String> environment = Map.of("PORT", "2", "HOST", "2");
        SettingSources sources = new SettingSources(Map.of(Setting.PORT, List.of("3")), environment, file, MACHINE);

        Map<Setting, SettingSources.Value> values = sources.resolve();

        assertEquals("3", values.get(Setting.PORT).text());
        assertEquals(Origin.OPTION, values.get(Setting.PORT).origin());
        assertEquals("2", values.get(Setting.HOST).text());
        assertEquals(Origin.ENVIRONMENT, values.get(Setting.HOST).origin());
        assertEquals("cpu", values.get(Setting.DEVICE).text());
        assertEquals(Origin.DOT_ENV, values.get(Setting.DEVICE).origin());
        assertEquals(Origin.DEFAULT, values.get(Setting.DEBUG).origin());
    }

    @Test
    void readsNamesInAnyCaseAndOnlyThoseItKnows() {
        GatewayConfig config = config(Map.of(), Map.of("port", "81", "Base_Url", "https://a.example//", "PORTS", "x"));

        assertEquals(81, config.http().port());
        assertEquals(Optional.of("https://a.example"), config.http().baseUrl());
    }

    @Test
    void leavesLinksToTheRequestWhereNoBaseUrlIsGiven() {
        assertEquals(Optional.empty(), config(Setting.PORT, "81").http().baseUrl());
        assertEquals(Optional.empty(), config(Setting.PORT, "0").http().baseUrl());
    }

    @ParameterizedTest
    @CsvSource({
        "PORT, 65536, --port must be a whole number from 0 to 65535 but was '65536'",
        "PORT, 8o8o, --port must be a whole number from 0 to 65535 but was '8o8o'",
        "PORT, '', --port must not be empty but was ''",
        "MAX_BODY_BYTES, 99999999999999999999, "
                + "--max-body-bytes must be a whole number from 1024 to 20000000 but was '99999999999999999999'",
        "INFERENCE_TIMEOUT, 0, --inference-timeout must be a whole number from 1 to 31536000 but was '0'",
        "DEVICE, gpu, '--device must be auto|cpu|cuda|cuda:N[,M] but was ''gpu'''",
        "DEVICE, 'cuda:0,', '--device must be auto|cpu|cuda|cuda:N[,M] but was ''cuda:0,'''",
        "OFFLOAD_MODE, some, '--offload-mode must be none|model|sequential but was ''some'''",
        "DEBUG, perhaps, '--debug must be true or false but was ''perhaps'''",
        "BASE_URL, localhost:8000, '--base-url must be an http or https URL but was ''localhost:8000'''",
        "CHECKPOINT, /folder, '--checkpoint must be REPOSITORY=FOLDER,... but was ''/folder'''",
        "PLUGIN_SETTING, a=b, '--plugin-setting must be PLUGIN.NAME=VALUE,... but was ''a=b'''"
    })
    void refusesAMalformedValueInOneLine(Setting setting, String value, String message) {
        ConfigException failure = assertThrows(ConfigException.class, () -> config(setting, value));

        assertEquals(message, failure.getMessage());
    }

    @Test
    void namesWhereAMalformedValueCameFrom() {
        ConfigException failure = assertThrows(ConfigException.class, () -> config(Map.of(), Map.of("PORT", "x")));

        assertEquals("PORT (environment) must be a whole number from 0 to 65535 but was 'x'", failure.getMessage());
    }

    @ParameterizedTest
    @ValueSource(strings = {"auto", "cpu", "cuda", "cuda:1", "cuda:0,1", "CPU"})
    void knowsDevices(String device) {
        assertEquals(
                device.toLowerCase(java.util.Locale.ROOT),
                config(Setting.DEVICE, device).drawing().device());
    }

    @Test
    void readsListsOfPairs() {
        GatewayConfig config = config(
                Map.of(
                        Setting.CHECKPOINT, List.of("org/a=/x", "b=/y,c=/z"),
                        Setting.PLUGIN_SETTING, List.of("zimage-turbo.threads=2,zimage-turbo.tf32=false"),
                        Setting.CORS_ORIGINS, List.of("https://a , https://b")),
                Map.of());

        assertEquals(
                Map.of("org/a", Path.of("/x"), "b", Path.of("/y"), "c", Path.of("/z")),
                config.models().checkpoints());
        assertEquals(
                Map.of("zimage-turbo", Map.of("threads", "2", "tf32", "false")),
                config.models().pluginSettings());
        assertEquals(List.of("https://a", "https://b"), config.http().corsOrigins());
    }

    @Test
    void looksIntoTheHubsCachesInTheirOrder() {
        assertEquals(
                List.of(Path.of("/hub"), Path.of("/hf/hub"), Path.of("/home/me/.cache/huggingface/hub")),
                config(Map.of(), Map.of("HF_HOME", "/hf", "HF_HUB_CACHE", "/hub"))
                        .models()
                        .hubCaches());
    }

    @ParameterizedTest
    @CsvSource({"true, , MODEL", "true, sequential, SEQUENTIAL", "true, none, NONE", "false, , NONE"})
    void letsTheOffloadModeWinOverItsDeprecatedForm(String deprecated, String mode, OffloadMode expected) {
        Map<String, String> environment = mode == null
                ? Map.of("ENABLE_CPU_OFFLOAD", deprecated)
                : Map.of("ENABLE_CPU_OFFLOAD", deprecated, "OFFLOAD_MODE", mode);

        assertEquals(expected, config(Map.of(), environment).drawing().offloadMode());
    }

    @Test
    void letsTheDemoStandInUnlessOtherFoldersAreGiven() {
        Machine demo = machine(Optional.of(Path.of("/demo")));

        GatewayConfig alone = GatewayConfig.of(new SettingSources(Map.of(), Map.of(), Map.of(), demo).resolve(), demo);
        GatewayConfig given = GatewayConfig.of(
                new SettingSources(
                                Map.of(Setting.CHECKPOINT, List.of("Tongyi-MAI/Z-Image-Turbo=/mine")),
                                Map.of("WORKFLOWS_BASE_PATH", "/loras"),
                                Map.of(),
                                demo)
                        .resolve(),
                demo);

        assertEquals(
                Map.of("Tongyi-MAI/Z-Image-Turbo", Path.of("/demo")),
                alone.models().checkpoints());
        assertEquals(Path.of("/demo/loras"), alone.folders().loras());
        assertEquals(
                Map.of("Tongyi-MAI/Z-Image-Turbo", Path.of("/mine")),
                given.models().checkpoints());
        assertEquals(Path.of("/loras"), given.folders().loras());
    }

    @Test
    void readsAFileOfVariables(@TempDir Path folder) throws IOException {
        Path file = Files.writeString(folder.resolve(".env"), """
                # a comment
                PORT=81
                export HOST = "1.2.3.4" # another
                BASE_URL='http://a#b'
                DEBUG=true # yes

                no variable
                """);

        assertEquals(
                Map.of("PORT", "81", "HOST", "1.2.3.4", "BASE_URL", "http://a#b", "DEBUG", "true"), DotEnv.read(file));
        assertEquals(Map.of(), DotEnv.read(folder.resolve("absent")));
    }

    @Test
    void readsHowLorasAreDownloaded() {
        RemoteSettings remote = config(
                        Map.of(),
                        Map.of(
                                "LORA_ALLOW_HTTP", "true",
                                "LORA_ALLOWED_HOSTS", "huggingface.co,*.hf.co",
                                "LORA_CA_FILE", "/etc/ca.pem",
                                "HF_ENDPOINT", "https://mirror.test/",
                                "HF_TOKEN", "hf_x",
                                "https_proxy", "http://me:secret@proxy:3128",
                                "no_proxy", "localhost,.corp"))
                .loras()
                .remote();

        assertEquals(
                new RemoteSettings.Access(
                        true,
                        false,
                        List.of("huggingface.co", "*.hf.co"),
                        Optional.of(Path.of("/etc/ca.pem")),
                        new ProxyRules(
                                Optional.empty(),
                                Optional.of("http://me:secret@proxy:3128"),
                                List.of("localhost", ".corp")),
                        "https://mirror.test"),
                remote.access());
        assertEquals(Optional.of("hf_x"), remote.token());
        assertFalse(remote.toString().contains("secret"), remote.toString());
        assertFalse(remote.toString().contains("hf_x"), remote.toString());
    }

    @Test
    void refusesAMalformedProxyWithoutShowingIt() {
        ConfigException failure =
                assertThrows(ConfigException.class, () -> config(Setting.HTTPS_PROXY, "ftp://me:secret@proxy"));

        assertTrue(failure.getMessage().contains("--https-proxy"), failure.getMessage());
        assertFalse(failure.getMessage().contains("secret"), failure.getMessage());
    }
}
