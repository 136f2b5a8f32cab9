package dev.atelier.gateway.job;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.atelier.plugin.EffectiveSettings;
import dev.atelier.plugin.ImageSize;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What earlier versions stored is read. */
class StoredSettingsTest {
    @Test
    void settingsComeBackWithTheirDetails() {
        EffectiveSettings settings = new EffectiveSettings(
                JobRequests.plan("p", 1),
                new ImageSize(64, 64),
                1.0,
                List.of(1f, 0f),
                6,
                Map.of(EffectiveSettings.PROMPT_TOKENS, 12, EffectiveSettings.TRUNCATED, true));
        assertEquals(settings, JobJson.read(JobJson.write(settings), EffectiveSettings.class));
    }

    @Test
    void settingsThatWereStoredWithoutDetailsHaveNone() {
        EffectiveSettings settings =
                new EffectiveSettings(JobRequests.plan("p", 1), new ImageSize(64, 64), 1.0, List.of(1f, 0f), 6);
        String before = JobJson.write(settings).replace(",\"details\":{}", "");
        assertFalse(before.contains("details"), before);
        assertEquals(settings, JobJson.read(before, EffectiveSettings.class));
    }

    @Test
    void anAdapterThatWasStoredWithoutAConfigHasNone() {
        AdapterReference adapter = JobRequests.adapter();
        String before = JobJson.write(adapter).replaceAll(",\"config\\w+\":null", "");
        assertFalse(before.contains("config"), before);
        assertEquals(adapter, JobJson.read(before, AdapterReference.class));
    }
}
