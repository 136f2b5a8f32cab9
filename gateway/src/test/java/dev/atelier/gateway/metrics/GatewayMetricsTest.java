package dev.atelier.gateway.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.gateway.job.JobRequests;
import dev.atelier.gateway.job.JobState;
import dev.atelier.gateway.job.JobStore;
import dev.atelier.gateway.job.StoreSettings;
import dev.atelier.gateway.registry.PluginStatus;
import dev.atelier.plugin.Device;
import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.ImageSize;
import dev.atelier.plugin.PluginMetrics.Counter;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.RequestOptions;
import io.vertx.ext.web.Router;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GatewayMetricsTest {
    private GatewayMetrics metrics;
    private Vertx vertx;

    @BeforeEach
    void start() {
        metrics = new GatewayMetrics();
        vertx = Vertx.builder()
                .with(new VertxOptions().setMetricsOptions(metrics.vertxOptions()))
                .withMetrics(metrics.vertxFactory())
                .build();
    }

    @AfterEach
    void stop() {
        vertx.close().await();
        metrics.close();
    }

    private void assertShows(String... lines) {
        String scrape = metrics.scrape();
        for (String line : lines) {
            assertTrue(scrape.lines().anyMatch(line::equals), line + " is not in\n" + ours(scrape));
        }
    }

    private static String ours(String scrape) {
        return String.join(
                "\n", scrape.lines().filter(line -> line.startsWith("atelier_")).toList());
    }

    @Test
    void countsJobs() {
        metrics.accepted("m");
        metrics.accepted("m");
        metrics.rejected(ErrorCode.LORA_NOT_FOUND);
        metrics.drawing().finished("m", JobState.FAILED, ErrorCode.NON_FINITE_OUTPUT, Duration.ofSeconds(1));
        metrics.drawing().finished("m", JobState.SUCCEEDED, null, Duration.ofSeconds(3));
        metrics.drawing().image("m");

        assertShows(
                "atelier_jobs_accepted_total{model=\"m\"} 2.0",
                "atelier_jobs_rejected_total{code=\"LORA_NOT_FOUND\"} 1.0",
                "atelier_jobs_finished_total{code=\"NON_FINITE_OUTPUT\",model=\"m\",state=\"failed\"} 1.0",
                "atelier_jobs_finished_total{code=\"none\",model=\"m\",state=\"succeeded\"} 1.0",
                "atelier_job_seconds_count{model=\"m\"} 1",
                "atelier_job_seconds_sum{model=\"m\"} 3.0",
                "atelier_images_total{model=\"m\"} 1.0");
    }

    @Test
    void timesStagesAndStepsInBucketsFromFiveMillisecondsOn() {
        metrics.drawing().stage("m", "text_encode", new ImageSize(512, 512), 0.004);
        metrics.drawing().step("m", new ImageSize(1024, 1024), Duration.ofMillis(1500));
        metrics.drawing().waited(Duration.ofSeconds(100));

        assertShows(
                "atelier_stage_seconds_bucket{model=\"m\",size=\"512\",stage=\"text_encode\",le=\"0.005\"} 1",
                "atelier_step_seconds_bucket{model=\"m\",size=\"1024\",le=\"1.0\"} 0",
                "atelier_step_seconds_bucket{model=\"m\",size=\"1024\",le=\"2.5\"} 1",
                "atelier_step_seconds_sum{model=\"m\",size=\"1024\"} 1.5",
                "atelier_queue_wait_seconds_bucket{le=\"60.0\"} 0",
                "atelier_queue_wait_seconds_bucket{le=\"120.0\"} 1");
    }

    private static PluginStatus plugin(String id, PluginStatus.State state) {
        return new PluginStatus(id, "1", state, List.of(), List.of(), null, Instant.EPOCH);
    }

    @Test
    void forgetsTheFormerStateOfAPlugin() {
        metrics.plugins(List.of(plugin("one", PluginStatus.State.STARTED), plugin("gone", PluginStatus.State.STARTED)));
        metrics.plugins(List.of(plugin("one", PluginStatus.State.FAILED)));

        assertShows("atelier_plugin_state{plugin=\"one\",state=\"failed\"} 1.0");
        assertFalse(metrics.scrape().contains("state=\"started\""), metrics.scrape());
        assertFalse(metrics.scrape().contains("gone"), metrics.scrape());
    }

    @Test
    void showsModelsDevicesPluginsAndCaches() {
        metrics.plugins(List.of(plugin("good", PluginStatus.State.STARTED), plugin("bad", PluginStatus.State.FAILED)));
        metrics.plugins(List.of(plugin("good", PluginStatus.State.DISABLED), plugin("bad", PluginStatus.State.FAILED)));
        metrics.models().declared("m");
        metrics.models().declared("n");
        metrics.models().opened("m", 2.5);
        metrics.models().bytes(Device.CPU, "m", 1000);
        metrics.models().bytes(Device.cuda(1), "m", 300);
        metrics.models().bytes(Device.cuda(1), "m", 200);
        metrics.drawing().device(Device.CPU);
        metrics.drawing().running(Device.cuda(1), true);
        metrics.drawing().lost(Device.cuda(1));
        metrics.models().of(Device.CPU, "m").count(Counter.ADAPTER_CACHE_HITS);

        assertShows(
                "atelier_plugin_state{plugin=\"good\",state=\"disabled\"} 1.0",
                "atelier_plugin_state{plugin=\"bad\",state=\"failed\"} 1.0",
                "atelier_model_loaded{model=\"m\"} 1.0",
                "atelier_model_loaded{model=\"n\"} 0.0",
                "atelier_model_bytes{model=\"m\"} 1200.0",
                "atelier_model_load_seconds_sum{model=\"m\"} 2.5",
                "atelier_running_jobs{device=\"cpu\"} 0.0",
                "atelier_running_jobs{device=\"cuda:1\"} 1.0",
                "atelier_device_lost{device=\"cpu\"} 0.0",
                "atelier_device_lost{device=\"cuda:1\"} 1.0",
                "atelier_adapter_cache_hits_total 1.0",
                "atelier_adapter_cache_misses_total 0.0",
                "atelier_adapter_cache_evictions_total 0.0",
                "atelier_caption_cache_hits_total 0.0",
                "atelier_caption_cache_misses_total 0.0");
        metrics.models().closed(Device.CPU, "m");
        assertShows("atelier_model_loaded{model=\"m\"} 0.0", "atelier_model_bytes{model=\"m\"} 200.0");
    }

    @Test
    void showsTheQueueAndTheStoresOperations(@TempDir Path data) throws Exception {
        JobStore store = JobStore.open(vertx, StoreSettings.in(data), metrics).await();
        store.submit(JobRequests.of("m", "p")).await();
        store.submit(JobRequests.of("m", "q")).await();
        store.claim("cpu", List.of("m")).await();

        metrics.queue(store.snapshot().await());

        assertShows(
                "atelier_jobs{state=\"queued\"} 1.0",
                "atelier_jobs{state=\"running\"} 1.0",
                "atelier_jobs{state=\"succeeded\"} 0.0",
                "atelier_queue_depth 1.0",
                "atelier_store_operations_total{operation=\"submit\",outcome=\"success\"} 2.0");
        assertTrue(metrics.scrape().contains("\natelier_queue_oldest_seconds "), "oldest");
        store.submit(JobRequests.of("m", "r")).await();
        metrics.queue(store.snapshot().await());
        assertShows("atelier_queue_depth 2.0");
        store.close().await();
    }

    private HttpServer serve() {
        Router router = Router.router(vertx);
        router.route().handler(context -> context.next());
        router.get("/metrics").setName("getMetrics").handler(metrics.scrapeHandler());
        router.route("/v1/things/:id")
                .setName("getThing")
                .handler(context -> context.response().end());
        return vertx.createHttpServer()
                .requestHandler(router)
                .listen(0, "127.0.0.1")
                .await();
    }

    private void request(HttpClient client, HttpServer server, HttpMethod method, String path) {
        client.request(new RequestOptions()
                        .setMethod(method)
                        .setHost("127.0.0.1")
                        .setPort(server.actualPort())
                        .setURI(path))
                .compose(request -> request.send().compose(response -> response.end()))
                .await();
    }

    @Test
    void countsHttpRequestsByOperationAndStatus() {
        HttpServer server = serve();
        HttpClient client = vertx.createHttpClient();
        for (int i = 0; i < 20; i++) {
            request(client, server, HttpMethod.GET, "/v1/things/" + i);
            request(client, server, HttpMethod.GET, "/nowhere/" + i);
            request(client, server, HttpMethod.valueOf("ODD" + i), "/v1/things/1");
        }

        assertShows(
                "atelier_http_server_requests_total{method=\"GET\",operation=\"getThing\",status=\"200\"} 20.0",
                "atelier_http_server_requests_total{method=\"GET\",operation=\"none\",status=\"404\"} 20.0",
                "atelier_http_server_requests_total{method=\"other\",operation=\"getThing\",status=\"200\"} 20.0");
        String scrape = metrics.scrape();
        assertFalse(scrape.contains("ODD"), "methods that clients made up");
        assertFalse(scrape.contains("nowhere"), "paths");
        assertFalse(scrape.contains("vertx_"), "Vert.x's own prefix");
        assertTrue(scrape.contains("atelier_http_server_response_time_seconds_bucket{method=\"GET\""), scrape);
        assertTrue(scrape.contains("\njvm_memory_used_bytes{"), "JVM");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "*/*|text/plain; version=0.0.4; charset=utf-8",
                "text/plain|text/plain; version=0.0.4; charset=utf-8",
                "application/json|text/plain; version=0.0.4; charset=utf-8",
                "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;q=0.3"
                        + "|application/openmetrics-text; version=1.0.0; charset=utf-8",
                "application/openmetrics-text;q=0.2,text/plain;q=0.7|text/plain; version=0.0.4; charset=utf-8",
                "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited,"
                        + "application/openmetrics-text;q=0.5|application/openmetrics-text; version=1.0.0; charset=utf-8"
            })
    void answersInTheFormThatTheClientPrefers(String accept, String expected) throws Exception {
        HttpServer server = serve();
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.actualPort() + "/metrics"))
                .version(java.net.http.HttpClient.Version.HTTP_1_1)
                .header("Accept", accept)
                .build();
        HttpResponse<String> answer =
                java.net.http.HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());

        assertEquals(expected, answer.headers().firstValue("Content-Type").orElseThrow());
        assertEquals(
                expected.startsWith("application/openmetrics"), answer.body().endsWith("# EOF\n"));
        assertTrue(answer.body().contains("atelier_queue_depth"), answer.body());
    }

    @ParameterizedTest
    @CsvSource({"64,64,256", "512,512,512", "1024,1024,1024", "1344,768,1024", "2048,2048,2048", "4096,4096,larger"})
    void putsSizesIntoAFewBuckets(int width, int height, String bucket) {
        assertEquals(bucket, SizeBucket.of(new ImageSize(width, height)));
    }

    @Test
    void keepsTheRegistriesOfTwoGatewaysApart() {
        try (GatewayMetrics other = new GatewayMetrics()) {
            Vertx second = Vertx.builder()
                    .with(new VertxOptions().setMetricsOptions(other.vertxOptions()))
                    .withMetrics(other.vertxFactory())
                    .build();
            try {
                assertTrue(other.scrape().contains("jvm_memory_used_bytes"));
            } finally {
                second.close().await();
            }
        }
    }
}
