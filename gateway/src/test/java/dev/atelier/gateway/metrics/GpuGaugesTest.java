package dev.atelier.gateway.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.gateway.metrics.Nvml.Reading;
import dev.atelier.plugin.Device;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class GpuGaugesTest {
    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final GpuGauges gauges = new GpuGauges(new Meters(registry));

    @Test
    void showsWhatWasReadLast() {
        gauges.show(Device.cuda(1), Optional.of(new Reading(10, 80, 0.5)));
        gauges.show(Device.cuda(1), Optional.of(new Reading(20, 80, 0.75)));
        gauges.show(Device.cuda(1), Optional.empty());

        String scrape = registry.scrape();
        assertTrue(scrape.contains("atelier_device_memory_used_bytes{device=\"cuda:1\"} 20.0"), scrape);
        assertTrue(scrape.contains("atelier_device_memory_total_bytes{device=\"cuda:1\"} 80.0"), scrape);
        assertTrue(scrape.contains("atelier_device_utilization_ratio{device=\"cuda:1\"} 0.75"), scrape);
    }

    @Test
    void showsNothingWhereTheDriverTellsNothing() {
        gauges.show(Device.cuda(0), Optional.empty());

        assertEquals("", registry.scrape());
    }

    @Test
    void findsNoLibraryWhereThereIsNone() {
        assertEquals(Optional.empty(), Nvml.open("libnvidia-ml-that-is-not-there.so.1", null));
    }
}
