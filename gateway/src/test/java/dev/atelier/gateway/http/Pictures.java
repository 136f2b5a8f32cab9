package dev.atelier.gateway.http;

import dev.atelier.gateway.job.Job;
import dev.atelier.gateway.job.OutputFormat;
import dev.atelier.gateway.job.OutputImage;
import dev.atelier.plugin.EffectiveSettings;
import dev.atelier.plugin.ImageSize;
import dev.atelier.plugin.RgbImage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Pictures of jobs that no device draws. */
final class Pictures {
    private static final ImageSize SIZE = new ImageSize(64, 64);

    private Pictures() {}

    /** Finishes one picture of a claimed job. */
    static OutputImage finish(ApiFixture api, Job job, int index) {
        RgbImage picture = new RgbImage(SIZE, new byte[3 * SIZE.width() * SIZE.height()]);
        Path file = api.outputs
                .save(job.id(), index, job.attempt(), OutputFormat.JPEG, picture)
                .await()
                .file();
        OutputImage image = new OutputImage(
                index,
                OutputFormat.JPEG,
                file.toString(),
                new EffectiveSettings(job.request().plans().get(index), SIZE, 1, List.of(1f, 0f), 1),
                List.of(),
                0.5,
                0.25);
        api.store.recordImage(job.id(), job.attempt(), image).await();
        return image;
    }

    /** Lists the files of a folder. */
    static List<String> files(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
