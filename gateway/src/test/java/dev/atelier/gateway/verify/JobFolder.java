package dev.atelier.gateway.verify;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/** A copy of the public training job that a test changes. */
record JobFolder(Path folder) {
    static final Path PUBLIC = Path.of("src/test/resources/jobs/sks_person");
    static final JobVerifier.Progress SILENT = new JobVerifier.Progress() {
        @Override
        public void onSample(SampleFile sample, int done, int total) {
            // nothing is shown
        }

        @Override
        public void onStep(int step, int steps) {
            // nothing is shown
        }
    };

    static JobFolder copy(Path folder) {
        try (Stream<Path> files = Files.walk(PUBLIC)) {
            for (Path file : files.toList()) {
                Path target = folder.resolve(PUBLIC.relativize(file).toString());
                if (Files.isDirectory(file)) {
                    Files.createDirectories(target);
                } else {
                    Files.copy(file, target);
                }
            }
            return new JobFolder(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Changes the text of config.yaml. */
    JobFolder config(UnaryOperator<String> change) {
        return edit("config.yaml", change);
    }

    /** Replaces a text that occurs in config.yaml. */
    JobFolder replace(String text, String by) {
        return config(yaml -> {
            if (!yaml.contains(text)) {
                throw new IllegalArgumentException("config.yaml does not contain " + text);
            }
            return yaml.replace(text, by);
        });
    }

    private JobFolder edit(String name, UnaryOperator<String> change) {
        try {
            Path file = folder.resolve(name);
            Files.writeString(file, change.apply(Files.readString(file)));
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Path file(String name) {
        return folder.resolve(name);
    }

    Path sample(String name) {
        return folder.resolve("samples").resolve(name);
    }
}
