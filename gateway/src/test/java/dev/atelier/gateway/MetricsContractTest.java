package dev.atelier.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.gateway.http.Answer;
import dev.atelier.gateway.metrics.Metric;
import dev.atelier.gateway.metrics.Metric.Kind;
import dev.atelier.gateway.metrics.Scrape;
import dev.atelier.gateway.metrics.Scrape.Sample;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a scrape shows after jobs of every fate: each documented metric, nothing else of ours, plausible numbers. */
class MetricsContractTest {
    private static final String MODEL = BusyGateway.MODEL;
    /** They need an NVIDIA GPU. */
    private static final Set<Metric> OF_GPUS =
            Set.of(Metric.DEVICE_MEMORY_USED_BYTES, Metric.DEVICE_MEMORY_TOTAL_BYTES, Metric.DEVICE_UTILIZATION_RATIO);
    /** They come from plugins that keep adapters and prompts, which the test's does not: {@link RealModelMetricsIT}. */
    private static final Set<Metric> OF_CACHES = Set.of(Metric.ADAPTER_CACHE_BYTES, Metric.CAPTION_CACHE_BYTES);

    private static BusyGateway gateway;
    private static Scrape scrape;
    private static Duration lived;

    @BeforeAll
    static void work(@TempDir Path folder) throws Exception {
        long start = System.nanoTime();
        gateway = BusyGateway.start(folder);
        gateway.work();
        scrape = gateway.scrape();
        lived = Duration.ofNanos(System.nanoTime() - start);
    }

    @AfterAll
    static void stop() {
        gateway.close();
    }

    @ParameterizedTest
    @EnumSource
    void showsEveryDocumentedMetricWithItsTypeUnitAndLabels(Metric metric) {
        if (OF_GPUS.contains(metric) || OF_CACHES.contains(metric)) {
            return;
        }
        String name = metric.exposedName();
        String type =
                switch (metric.kind()) {
                    case COUNTER -> "counter";
                    case GAUGE -> "gauge";
                    case SECONDS -> "histogram";
                    case BYTES -> "summary";
                };
        assertEquals(type, scrape.types().get(name), name);
        boolean counted = metric.kind() == Kind.SECONDS || metric.kind() == Kind.BYTES;
        List<Sample> samples = scrape.find(counted ? name + "_count" : name);
        assertFalse(samples.isEmpty(), name);
        for (Sample sample : samples) {
            assertEquals(new TreeSet<>(metric.labels()), sample.labels().keySet(), name);
            assertTrue(sample.value() >= 0, sample.toString());
        }
        if (counted) {
            assertFalse(scrape.find(name + "_sum").isEmpty(), name);
        }
    }

    @Test
    void showsNothingOfOursThatIsNotDocumented() {
        Set<String> documented =
                Stream.of(Metric.values()).map(Metric::exposedName).collect(Collectors.toCollection(TreeSet::new));
        Set<String> shown = scrape.types().keySet().stream()
                .filter(name -> name.startsWith("atelier_"))
                .map(name -> name.replaceFirst("_max$", ""))
                .collect(Collectors.toCollection(TreeSet::new));
        shown.removeAll(documented);
        assertEquals(Set.of(), shown);
        assertTrue(scrape.types().keySet().stream().noneMatch(name -> name.startsWith("vertx")), "Vert.x's own prefix");
    }

    @Test
    void countsWhatBecameOfTheJobs() {
        assertEquals(gateway.accepted(), scrape.sum("atelier_jobs_accepted_total", "model", MODEL));
        assertEquals(3, scrape.sum("atelier_jobs_finished_total", "model", MODEL, "state", "succeeded"));
        assertEquals(3, scrape.sum("atelier_images_total", "model", MODEL));
        assertEquals(1, scrape.sum("atelier_jobs_finished_total", "state", "failed", "code", "NON_FINITE_OUTPUT"));
        assertEquals(1, scrape.sum("atelier_jobs_finished_total", "state", "failed", "code", "INTERNAL_ERROR"));
        assertEquals(1, scrape.sum("atelier_jobs_finished_total", "state", "canceled", "code", "none"));
        assertEquals(1, scrape.sum("atelier_jobs_finished_total", "state", "failed", "code", "EXPIRED"));
        assertEquals(1, scrape.sum("atelier_jobs_rejected_total", "code", "LORA_NOT_FOUND"));
        assertEquals(1, scrape.sum("atelier_jobs_rejected_total", "code", "MODEL_NOT_FOUND"));
        assertEquals(3, scrape.sum("atelier_jobs", "state", "succeeded"));
        assertEquals(0, scrape.sum("atelier_queue_depth"));
        assertEquals(gateway.accepted() - 1, scrape.sum("atelier_queue_wait_seconds_count"), "all but the expired");
    }

    @Test
    void countsTheJobsInTheStoreEveryTwoSecondsAtMostHoweverMuchHappens() {
        double looks = scrape.sum("atelier_store_operations_total", "operation", "snapshot");
        assertTrue(looks >= 1 && looks <= 1 + lived.toMillis() / 2000.0, looks + " looks in " + lived);
    }

    @Test
    void timesStagesAndSteps() {
        assertEquals(3, scrape.sum("atelier_stage_seconds_count", "model", MODEL, "stage", "denoise", "size", "256"));
        assertEquals(3, scrape.sum("atelier_stage_seconds_count", "model", MODEL, "stage", "encode_image"));
        assertTrue(scrape.sum("atelier_stage_seconds_sum", "stage", "save") > 0, "writing a file takes some time");
        assertEquals(3 * BusyGateway.STEPS, scrape.sum("atelier_step_seconds_count", "model", MODEL, "size", "256"));
        double perJob = scrape.sum("atelier_job_seconds_sum") / scrape.sum("atelier_job_seconds_count");
        assertTrue(perJob > 0 && perJob < 60, perJob + " s a job");
        Map<String, Double> buckets = new TreeMap<>();
        scrape.find("atelier_step_seconds_bucket")
                .forEach(bucket -> buckets.put(bucket.labels().get("le"), bucket.value()));
        assertTrue(buckets.keySet().containsAll(List.of("0.005", "1.0", "120.0")), buckets.toString());
    }

    @Test
    void showsModelsDevicesPluginsAndTheBuild() {
        assertEquals(1, scrape.sum("atelier_model_loaded", "model", MODEL));
        assertEquals(1, scrape.sum("atelier_model_state", "model", MODEL, "state", "open"));
        assertEquals(1, scrape.sum("atelier_model_state", "model", "broken", "state", "failed"));
        assertEquals(1, scrape.sum("atelier_model_state", "model", "absent", "state", "unavailable"));
        assertEquals(0, scrape.sum("atelier_model_state", "model", "absent", "state", "closed"));
        assertTrue(scrape.sum("atelier_model_load_failures_total", "model", "broken") >= 1, "broken does not open");
        assertEquals(1, scrape.sum("atelier_plugin_state", "plugin", "test-" + MODEL, "state", "started"));
        assertEquals(0, scrape.sum("atelier_device_lost", "device", "cpu"));
        assertEquals(0, scrape.sum("atelier_running_step", "device", "cpu"));
        assertEquals(1, scrape.find("atelier_build_info").size());
        assertEquals(
                BuildInfo.read().version(),
                scrape.find("atelier_build_info").get(0).labels().get("version"));
    }

    @Test
    void showsReadinessAndDisks() {
        assertEquals(
                Set.of("devices", "disk", "draining", "models", "store"),
                scrape.find("atelier_ready").stream()
                        .map(sample -> sample.labels().get("check"))
                        .collect(Collectors.toSet()));
        assertEquals(5, scrape.sum("atelier_ready"));
        double free = scrape.sum("atelier_disk_free_bytes", "folder", "outputs");
        assertTrue(free > 0 && free <= scrape.sum("atelier_disk_total_bytes", "folder", "outputs"), free + " bytes");
    }

    @Test
    void showsTheProcessUnderMicrometersNames() {
        for (String name : List.of(
                "jvm_memory_used_bytes",
                "jvm_buffer_memory_used_bytes",
                "jvm_gc_pause_seconds",
                "jvm_threads_live_threads",
                "process_cpu_usage",
                "process_start_time_seconds",
                "process_files_open_files")) {
            assertTrue(
                    scrape.types().containsKey(name),
                    name + " is not among " + scrape.types().keySet());
        }
    }

    @Test
    void knowsEverySeriesThatTheDashboardAndTheRulesAskFor() throws Exception {
        Set<String> shown = scrape.samples().stream().map(Sample::name).collect(Collectors.toSet());
        List<String> queries = new ArrayList<>(DeployedQueries.ofDashboard().values());
        queries.addAll(DeployedQueries.ofRules().values());
        Set<String> asked = new TreeSet<>();
        queries.stream()
                .filter(query -> !DeployedQueries.needsGpu(query))
                .forEach(query -> asked.addAll(DeployedQueries.metrics(query)));

        assertTrue(asked.size() > 40, asked.toString());
        asked.removeAll(shown);
        assertEquals(Set.of(), asked);
    }

    @Test
    void holdsNothingThatAClientWrote() {
        Answer answer = gateway.client().get("/metrics");
        String text = answer.bytes().toString();
        for (String written : BusyGateway.WRITTEN_BY_CLIENTS) {
            assertFalse(text.contains(written), written);
        }
    }
}
