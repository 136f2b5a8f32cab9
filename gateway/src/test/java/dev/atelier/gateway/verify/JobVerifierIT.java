package dev.atelier.gateway.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.gateway.generator.ImageGenerator;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Verifies the public training job with the demo checkpoint. */
class JobVerifierIT {
    private static ImageGenerator generator;

    @BeforeAll
    static void start() throws IOException {
        generator = DemoGenerator.start();
    }

    @AfterAll
    static void close() {
        generator.close();
    }

    @Test
    void verifiesThePublicJobAsExpected() throws IOException {
        TrainingJob job = TrainingJob.read(JobFolder.PUBLIC);
        JsonObject expected = new JsonObject(Files.readString(JobFolder.PUBLIC.resolve("EXPECT.json")));
        JsonObject report = new JsonObject(new JobVerifier(job, generator, JobFolder.SILENT)
                .verify(sample -> true)
                .json()
                .encode());
        assertEquals(expected.getBoolean("ok"), report.getBoolean("ok"), report.encodePrettily());
        JsonArray allowed = expected.getJsonArray("may_name");
        report.getJsonArray("differences")
                .forEach(difference -> assertTrue(
                        allowed.contains(((JsonObject) difference).getString("name")), difference.toString()));
        JsonArray wanted = expected.getJsonArray("images");
        JsonArray images = report.getJsonArray("images");
        assertEquals(wanted.size(), images.size());
        for (int i = 0; i < wanted.size(); i++) {
            assertImage(wanted.getJsonObject(i), images.getJsonObject(i));
        }
    }

    private static void assertImage(JsonObject expected, JsonObject image) {
        String name = expected.getString("file");
        for (String key : Set.of("file", "step", "index", "checkpoint", "effective", "verdict")) {
            assertEquals(expected.getValue(key), image.getValue(key), name + " " + key);
        }
        assertEquals(expected.getDouble("psnr_floor"), image.getDouble("psnr_floor"), 0.02, name);
        assertTrue(image.getDouble("psnr") >= expected.getDouble("psnr_min"), image.encode());
        assertEquals(expected.getDouble("psnr"), image.getDouble("psnr"), 0.02, name);
        assertTrue(image.getDouble("ssim") > 0.9, image.encode());
    }
}
