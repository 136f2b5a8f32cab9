package dev.atelier.gateway.tracing;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TracingTest {
    @ParameterizedTest
    @CsvSource({
        "OTEL_EXPORTER_OTLP_ENDPOINT, http://collector:4318, '', '', true",
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT, http://collector:4318/v1/traces, '', '', true",
        "OTEL_TRACES_EXPORTER, otlp, '', '', true",
        "OTEL_TRACES_EXPORTER, none, '', '', false",
        "OTEL_TRACES_EXPORTER, none, OTEL_EXPORTER_OTLP_ENDPOINT, http://collector:4318, false",
        "OTEL_SDK_DISABLED, true, OTEL_EXPORTER_OTLP_ENDPOINT, http://collector:4318, false",
        "OTEL_SERVICE_NAME, mine, '', '', false",
        "OTEL_EXPORTER_OTLP_ENDPOINT, ' ', '', '', false"
    })
    void isOffUnlessAnExporterIsConfigured(String one, String its, String other, String others, boolean on) {
        assertEquals(on, Tracing.isConfigured(Map.of(one, its, other, others)));
    }
}
