package dev.atelier.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Holds what the files under {@code deploy/} say of ports, variables, probes and times against the code. */
class DeploymentTest {
    private static final Path DEPLOY = DeployedQueries.DEPLOY;
    private static final String PORT = Setting.PORT.fallback();
    private static final int DRAIN = Integer.parseInt(Setting.DRAIN_TIMEOUT.fallback());

    private static Map<String, String> imageVariables() throws IOException {
        String file = Files.readString(DEPLOY.resolve("container/Containerfile"));
        String lines = file.substring(file.indexOf("\nENV ") + 5, file.indexOf("\nEXPOSE "));
        Map<String, String> variables = new TreeMap<>();
        for (String variable : lines.replace("\\", " ").trim().split("\\s+")) {
            String[] pair = variable.split("=", 2);
            variables.put(pair[0], pair[1]);
        }
        return variables;
    }

    private static Set<String> notSettings(Set<String> variables) {
        return variables.stream()
                .filter(name -> !name.startsWith("NVIDIA_"))
                .filter(name -> Setting.named(name).isEmpty())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static Set<String> healthPaths() throws IOException {
        Map<?, ?> contract = DeployedQueries.yaml(Path.of("..", "openapi.yaml"));
        return ((Map<?, ?>) contract.get("paths"))
                .keySet().stream()
                        .map(String::valueOf)
                        .filter(path -> path.startsWith("/health"))
                        .collect(Collectors.toSet());
    }

    @Test
    void theImageSetsVariablesThatThereAreAndExposesItsPorts() throws IOException {
        Map<String, String> variables = imageVariables();

        assertEquals(Set.of(), notSettings(variables.keySet()));
        assertEquals(PORT, variables.get("PORT"));
        assertTrue(
                Files.readString(DEPLOY.resolve("container/Containerfile"))
                        .contains("\nEXPOSE " + PORT + " " + variables.get("ADMIN_PORT") + "\n"),
                "EXPOSE");
    }

    @Test
    void theImageHasTheReferencesPathsAndTheComposeFileMountsVolumesThere() throws IOException {
        Map<String, String> variables = imageVariables();
        String compose = Files.readString(DEPLOY.resolve("compose.yaml"));

        assertEquals("/tmp/inference_output", variables.get("OUTPUT_BASE_PATH"));
        assertEquals("/tmp/lora_cache", variables.get("LORA_DOWNLOAD_CACHE_DIR"));
        assertEquals("/app/ai-toolkit/lora_weights", variables.get("WORKFLOWS_BASE_PATH"));
        String image = Files.readString(DEPLOY.resolve("container/Containerfile"));
        String folders = image.substring(0, image.indexOf("\nENV "));
        for (String name : List.of(
                "DATA_DIR", "OUTPUT_BASE_PATH", "LORA_DOWNLOAD_CACHE_DIR", "WORKFLOWS_BASE_PATH", "MODEL_CACHE_DIR")) {
            String path = variables.get(name);
            assertTrue(folders.contains(" " + path), "the image creates " + path);
            assertTrue(Pattern.compile(":" + path + "(:ro)?\n").matcher(compose).find(), "a volume at " + path);
        }
    }

    @Test
    void theComposeFileAgreesWithTheImageAndTheCode() throws IOException {
        Map<?, ?> services =
                (Map<?, ?>) DeployedQueries.yaml(DEPLOY.resolve("compose.yaml")).get("services");
        for (String name : List.of("gateway-1", "gateway-2")) {
            Map<?, ?> gateway = (Map<?, ?>) services.get(name);
            Map<?, ?> variables = (Map<?, ?>) gateway.get("environment");
            assertEquals(Set.of(), notSettings(strings(variables.keySet())));
            int drain = Integer.parseInt((String) variables.get("DRAIN_TIMEOUT"));
            assertTrue(seconds((String) gateway.get("stop_grace_period")) >= drain + Server.CLOSE_SECONDS, name);
            String check = gateway.get("healthcheck").toString();
            assertTrue(check.contains("/127.0.0.1/" + PORT + " "), check);
            assertTrue(
                    healthPaths().stream().anyMatch(path -> check.contains("GET " + path + " ")), "a path of health");
        }
        Map<?, ?> balancer = (Map<?, ?>) ((Map<?, ?>) services.get("loadbalancer")).get("environment");
        assertEquals("gateway-1:" + PORT, balancer.get("GATEWAY_1"));
        assertEquals("gateway-2:" + PORT, balancer.get("GATEWAY_2"));
        String haproxy = Files.readString(DEPLOY.resolve("loadbalancer/haproxy.cfg"));
        for (Object variable : balancer.keySet()) {
            assertTrue(haproxy.contains("${" + variable + "}"), "haproxy.cfg uses " + variable);
        }
    }

    @Test
    void prometheusScrapesTheAdminPortOfTheServicesThatThereAre() throws IOException {
        Map<?, ?> job =
                (Map<?, ?>) DeployedQueries.list(DeployedQueries.yaml(DeployedQueries.SCRAPING), "scrape_configs")
                        .get(0);
        Map<?, ?> named =
                (Map<?, ?>) DeployedQueries.list(job, "static_configs").get(0);
        String port = imageVariables().get("ADMIN_PORT");

        assertEquals(List.of("gateway-1:" + port, "gateway-2:" + port), named.get("targets"));
        assertEquals("/metrics", job.get("metrics_path"));
    }

    @Test
    void theKubernetesManifestsAgreeWithTheImageAndTheCode() throws IOException {
        Map<?, ?> pod = pod();
        Map<?, ?> container =
                (Map<?, ?>) DeployedQueries.list(pod, "containers").get(0);
        Map<String, String> ports = DeployedQueries.list(container, "ports").stream()
                .map(port -> (Map<?, ?>) port)
                .collect(Collectors.toMap(
                        port -> (String) port.get("name"),
                        port -> port.get("containerPort").toString()));
        assertEquals(Map.of("http", PORT, "admin", imageVariables().get("ADMIN_PORT")), ports);
        Map<String, String> variables = DeployedQueries.list(container, "env").stream()
                .map(variable -> (Map<?, ?>) variable)
                .collect(Collectors.toMap(
                        variable -> (String) variable.get("name"), variable -> (String) variable.get("value")));
        assertEquals(Set.of(), notSettings(variables.keySet()));
        int drain = Integer.parseInt(variables.get("DRAIN_TIMEOUT"));
        assertEquals(DRAIN, drain);
        Matcher pause = Pattern.compile("sleep, (\\d+)")
                .matcher(container.get("lifecycle").toString());
        assertTrue(pause.find(), "a pause before the end");
        int grace = (Integer) pod.get("terminationGracePeriodSeconds");
        assertTrue(grace >= Integer.parseInt(pause.group(1)) + drain + Server.CLOSE_SECONDS, grace + " s");
        for (String probe : List.of("startupProbe", "livenessProbe", "readinessProbe")) {
            Map<?, ?> get = (Map<?, ?>) ((Map<?, ?>) container.get(probe)).get("httpGet");
            assertTrue(healthPaths().contains(get.get("path")), probe + " asks " + get.get("path"));
            assertEquals("http", get.get("port"));
        }
        assertTrue(container.get("resources").toString().contains("nvidia.com/gpu=1"), "a GPU");
    }

    private static Map<?, ?> pod() throws IOException {
        Map<?, ?> deployment = DeployedQueries.yamls(DEPLOY.resolve("kubernetes/atelier.yaml")).stream()
                .filter(document -> "Deployment".equals(document.get("kind")))
                .findFirst()
                .orElseThrow();
        Map<?, ?> template = (Map<?, ?>) ((Map<?, ?>) deployment.get("spec")).get("template");
        return (Map<?, ?>) template.get("spec");
    }

    @Test
    void loadBalancerAsksForReadiness() throws IOException {
        Matcher asked = Pattern.compile("http-check send meth GET uri (\\S+)")
                .matcher(Files.readString(DEPLOY.resolve("loadbalancer/haproxy.cfg")));

        assertTrue(asked.find(), "a check");
        assertTrue(healthPaths().contains(asked.group(1)), asked.group(1));
    }

    private static Set<String> strings(Set<?> values) {
        return Stream.of(values.toArray()).map(String::valueOf).collect(Collectors.toSet());
    }

    private static int seconds(String duration) {
        assertTrue(duration.endsWith("s"), duration);
        return Integer.parseInt(duration.substring(0, duration.length() - 1));
    }
}
