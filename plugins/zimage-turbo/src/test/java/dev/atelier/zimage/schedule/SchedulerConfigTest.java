package dev.atelier.zimage.schedule;

import static dev.atelier.zimage.Failures.message;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import dev.atelier.zimage.checkpoint.Config;
import dev.atelier.zimage.schedule.SchedulerConfig.DynamicShift;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SchedulerConfigTest {
    @TempDir
    private Path folder;

    @Test
    void absentAndNullKeysTakeTheirDefaults() throws IOException {
        assertEquals(new SchedulerConfig(1000, 1.0, Optional.empty()), read("{\"shift\": null}"));
        assertEquals(
                Optional.of(new DynamicShift(0.5, 1.15, 256, 4096)),
                read("{\"use_dynamic_shifting\": true}").dynamic());
    }

    @Test
    void readsWhatTheFileSays() throws IOException {
        assertEquals(new SchedulerConfig(500, 3.5, Optional.of(new DynamicShift(0.25, 2, 100, 200))), read("""
                        {"num_train_timesteps": 500.0, "shift": 3.5, "use_dynamic_shifting": true, "base_shift": 0.25,
                         "max_shift": 2, "base_image_seq_len": 100, "max_image_seq_len": 200, "shift_terminal": null}"""));
    }

    @Test
    void aForcedStaticShiftReplacesADynamicOne() throws IOException {
        assertEquals(
                new SchedulerConfig(1000, 3.0, Optional.empty()),
                read("{\"use_dynamic_shifting\": true}").withStaticShift(3.0));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "use_karras_sigmas|true",
                "use_exponential_sigmas|true",
                "use_beta_sigmas|true",
                "invert_sigmas|true",
                "stochastic_sampling|true",
                "shift_terminal|0.1",
                "time_shift_type|\"linear\"",
                "_class_name|\"EulerDiscreteScheduler\"",
                "shift|0",
                "shift|\"3\"",
                "num_train_timesteps|0",
                "max_image_seq_len|256",
                "use_dynamic_shifting|1"
            })
    void refusesWhatItCannotCompute(String key, String value) {
        String dynamic = key.equals("use_dynamic_shifting") ? "" : "\"use_dynamic_shifting\": true, ";
        PipelineException failure =
                assertThrows(PipelineException.class, () -> read("{" + dynamic + "\"" + key + "\": " + value + "}"));
        assertEquals(ErrorCode.CHECKPOINT_INVALID, failure.code());
        assertTrue(message(failure).contains(key), message(failure));
        assertTrue(message(failure).contains("scheduler_config.json"), message(failure));
    }

    private SchedulerConfig read(String json) throws IOException {
        return SchedulerConfig.read(Config.open(Files.writeString(folder.resolve("scheduler_config.json"), json)));
    }
}
