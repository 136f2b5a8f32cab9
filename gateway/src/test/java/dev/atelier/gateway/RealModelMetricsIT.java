package dev.atelier.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.gateway.metrics.Metric;
import dev.atelier.gateway.metrics.Scrape;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What only a model that keeps adapters and prompts in memory can show. */
class RealModelMetricsIT {

    @TempDir
    Path folder;

    @Test
    void showsWhatItKeepsAndFindsInMemory() {
        Map<Setting, String> settings = Map.of(
                Setting.PLUGINS_DIR,
                "target/plugins",
                Setting.CHECKPOINT,
                "Tongyi-MAI/Z-Image-Turbo=" + DemoJobs.FOLDER,
                Setting.WORKFLOWS_BASE_PATH,
                DemoJobs.FOLDER.resolve("loras").toString());
        try (RunningGateway gateway = RunningGateway.start(folder, settings)) {
            gateway.await(gateway.submit(DemoJobs.request(1)));
            gateway.await(gateway.submit(DemoJobs.request(2)));
            Scrape scrape = Scrape.of(gateway.client().get("/metrics").bytes().toString());
            for (Metric metric : List.of(Metric.ADAPTER_CACHE_BYTES, Metric.CAPTION_CACHE_BYTES)) {
                String name = metric.exposedName();
                assertEquals("gauge", scrape.types().get(name), name);
                assertEquals(1, scrape.find(name).size(), name);
                assertEquals(
                        new TreeSet<>(metric.labels()),
                        scrape.find(name).get(0).labels().keySet(),
                        name);
            }
            double adapters = scrape.sum("atelier_adapter_cache_bytes", "model", DemoJobs.MODEL, "device", "cpu");
            double captions = scrape.sum("atelier_caption_cache_bytes", "model", DemoJobs.MODEL, "device", "cpu");
            assertTrue(adapters > 1000, adapters + " bytes of adapters");
            assertTrue(captions > 1000, captions + " bytes of captions");
            assertTrue(
                    scrape.sum("atelier_model_bytes", "model", DemoJobs.MODEL) > adapters + captions,
                    "weights are more");
            assertEquals(1, scrape.sum("atelier_adapter_cache_misses_total"));
            assertEquals(1, scrape.sum("atelier_adapter_cache_hits_total"));
            assertEquals(2, scrape.sum("atelier_caption_cache_misses_total"), "the prompt and the negative prompt");
            assertEquals(2, scrape.sum("atelier_caption_cache_hits_total"));
            assertEquals(2, scrape.sum("atelier_adapter_load_seconds_count", "model", DemoJobs.MODEL));
            assertEquals(1, scrape.sum("atelier_model_load_seconds_count", "model", DemoJobs.MODEL));
        }
    }
}
