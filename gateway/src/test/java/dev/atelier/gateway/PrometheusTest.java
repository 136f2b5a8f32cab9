package dev.atelier.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Holds {@code deploy/} against a real Prometheus, where {@code .ci/run} has unpacked one; skipped elsewhere. */
class PrometheusTest {
    @TempDir
    Path folder;

    @BeforeEach
    void needsPrometheus() {
        boolean there = Files.isExecutable(PrometheusServer.PROGRAMS.resolve("prometheus"));
        if (Boolean.getBoolean("atelier.prometheus.required")) {
            assertTrue(there, PrometheusServer.PROGRAMS + " has no prometheus");
        }
        assumeTrue(there, "there is no Prometheus under target/; .ci/run unpacks one");
    }

    private static String promtool(String... arguments) throws Exception {
        List<String> command = new ArrayList<>(
                List.of(PrometheusServer.PROGRAMS.resolve("promtool").toString()));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes());
        assertTrue(process.waitFor(60, TimeUnit.SECONDS), "promtool does not end");
        assertEquals(0, process.exitValue(), output);
        return output;
    }

    @Test
    void rulesAreWellFormed() throws Exception {
        String output = promtool("check", "rules", DeployedQueries.RULES.toString());

        assertTrue(output.contains(DeployedQueries.ofRules().size() + " rules found"), output);
    }

    @Test
    void alertsFireAndStayQuietAsTheirTestsSay() throws Exception {
        promtool("test", "rules", DeployedQueries.RULES_TEST.toString());
    }

    @Test
    void scrapeConfigurationIsWellFormed() throws Exception {
        promtool("check", "config", DeployedQueries.SCRAPING.toString());
    }

    @Test
    void scrapesARunningGatewayAndFindsDataForEveryPanel() throws Exception {
        try (BusyGateway gateway = BusyGateway.start(folder.resolve("gateway"));
                PrometheusServer prometheus = PrometheusServer.start(
                        folder.resolve("prometheus"), gateway.client().port())) {
            Await.until("the first scrape", () -> prometheus.hasData("up{job=\"atelier\"} == 1"));
            Map<String, String> empty = new TreeMap<>(queries());
            for (int round = 0; round < 20 && !empty.isEmpty(); round++) {
                gateway.work(); // rates need news in the last minute
                empty.values().removeIf(prometheus::hasData);
            }

            assertEquals(Map.of(), empty);
            assertEquals(List.of(), prometheus.rulesThatCannotBeEvaluated());
        }
    }

    private static Map<String, String> queries() throws IOException {
        Map<String, String> queries = DeployedQueries.ofDashboard();
        queries.values().removeIf(DeployedQueries::needsGpu);
        assertTrue(queries.size() > 50, queries.size() + " queries");
        return queries;
    }
}
