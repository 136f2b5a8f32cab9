package dev.atelier.gateway.worker;

import static dev.atelier.gateway.testplugin.TestPlugin.procedural;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.gateway.job.Job;
import dev.atelier.gateway.job.JobEvent;
import dev.atelier.gateway.job.JobProgress;
import dev.atelier.gateway.job.JobRequest;
import dev.atelier.gateway.job.JobRequests;
import dev.atelier.gateway.job.JobState;
import dev.atelier.gateway.job.JobTerms;
import dev.atelier.plugin.Device;
import dev.atelier.plugin.ImageSize;
import dev.atelier.plugin.RgbImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Random;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Small pictures of what is there by a step. */
@Timeout(60)
class PreviewTest {
    private static final String DATA_URL = "data:image/jpeg;base64,";

    @TempDir
    Path folder;

    private Workshop workshop;

    private Workshop open() throws IOException {
        workshop = new Workshop(folder, procedural("m"));
        return workshop;
    }

    @AfterEach
    void close() {
        workshop.close();
    }

    private Job submit(int previewEvery) {
        JobRequest request = JobRequests.of("m", "a prompt").on(JobTerms.DEFAULT.withPreviewEvery(previewEvery));
        return workshop.store.submit(request).await().job();
    }

    private List<JobEvent> events(Job job) {
        return workshop.store.events(job.id(), 0, 1000).await();
    }

    private static boolean hasPreview(JobEvent event) {
        return event.data().containsKey("preview");
    }

    @Test
    void comeWithTheStepsWhereTheyAreAskedFor() throws Exception {
        open().deploy(Device.CPU);
        Job job = submit(1);
        assertEquals(JobState.SUCCEEDED, workshop.await(job).state());

        List<JobEvent> shown =
                events(job).stream().filter(PreviewTest::hasPreview).toList();

        assertEquals(1, shown.size(), "only the newest is kept");
        assertEquals(JobEvent.Type.STEP, shown.get(0).type());
        String url = String.valueOf(shown.get(0).data().get("preview"));
        assertTrue(url.startsWith(DATA_URL), url);
        byte[] jpeg = Base64.getDecoder().decode(url.substring(DATA_URL.length()));
        assertEquals(64, ImageIO.read(new ByteArrayInputStream(jpeg)).getWidth());
    }

    @Test
    void areNotDrawnOtherwise() throws Exception {
        open().deploy(Device.CPU);
        Job job = submit(0);
        workshop.await(job);

        assertTrue(events(job).stream().noneMatch(PreviewTest::hasPreview));
    }

    @Test
    void areKeptOnlyWhileTheyAreTheNewest() throws Exception {
        open();
        Job job = submit(1);
        int attempt =
                workshop.store.claim("d", List.of("m")).await().orElseThrow().attempt();
        for (int step = 1; step <= 3; step++) {
            Map<String, Object> data = Map.of("image", 0, "step", step, "preview", "data:" + step);
            workshop.store
                    .recordProgress(
                            job.id(),
                            attempt,
                            new JobProgress(0, 1, "denoise", step, 4, null),
                            List.of(new JobEvent.Draft(JobEvent.Type.STEP, data)))
                    .await();
        }

        List<JobEvent> steps = events(job).stream()
                .filter(event -> event.type() == JobEvent.Type.STEP)
                .toList();

        assertEquals(
                List.of(1, 2, 3),
                steps.stream().map(step -> step.data().get("step")).toList());
        assertEquals(
                List.of(false, false, true),
                steps.stream().map(PreviewTest::hasPreview).toList());
    }

    @Test
    void areLeftOutWhereTheyAreLarge() throws Exception {
        open();
        byte[] noise = new byte[3 * 1024 * 1024];
        new Random(1).nextBytes(noise);

        assertTrue(PreviewImage.dataUrl(new RgbImage(new ImageSize(1024, 1024), noise))
                .isEmpty());
        assertTrue(PreviewImage.dataUrl(new RgbImage(new ImageSize(256, 256), new byte[3 * 256 * 256]))
                .isPresent());
    }
}
