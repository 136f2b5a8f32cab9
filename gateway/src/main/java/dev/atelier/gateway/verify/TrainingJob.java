package dev.atelier.gateway.verify;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.YAMLException;

/**
 * An ai-toolkit training job as it lies on disk.
 *
 * @param folder the job's folder
 * @param name the job's name
 * @param modelId the model that generates its samples
 * @param process the first process of {@code config.yaml}
 * @param samples the settings of each item of the {@code sample} section
 * @param firstSamples those of the {@code first_sample} section; null where there is none
 * @param files the sample files by step, index and time
 * @param adapters the saved adapters, those with a step in their name first, then the newest file first
 */
public record TrainingJob(
        Path folder,
        String name,
        String modelId,
        ConfigSection process,
        List<SampleSettings> samples,
        @Nullable List<SampleSettings> firstSamples,
        List<SampleFile> files,
        List<SavedAdapter> adapters) {
    private static final String CONFIG = "config.yaml";
    private static final long LARGEST_CONFIG = 4_000_000;
    private static final List<String> TRAINERS = List.of("sd_trainer", "ui_trainer", "diffusion_trainer");

    /**
     * Reads a job's folder; blocks.
     *
     * @throws TrainingJobException when it is no training job of a supported kind, naming the file and the field
     */
    public static TrainingJob read(Path folder) {
        if (!Files.isDirectory(folder)) {
            throw new TrainingJobException(TrainingJobException.NOT_A_JOB, "'" + folder + "' is not a folder");
        }
        ConfigSection root = ConfigSection.of("", parse(folder.resolve(CONFIG)));
        String job = root.text("job").orElse("");
        if (!job.equals("extension")) {
            throw new TrainingJobException(
                    TrainingJobException.NOT_A_JOB,
                    "config.yaml: job is '" + job + "'; only training jobs ('extension') have samples to verify");
        }
        ConfigSection config = root.section("config");
        String name = config.text("name").orElseThrow(() -> SampleSection.invalid("'config.name' is missing"));
        ConfigSection process = config.sections("process").stream()
                .findFirst()
                .orElseThrow(() -> SampleSection.invalid("'config.process' is empty"));
        String type = process.text("type").orElse("");
        if (!TRAINERS.contains(type)) {
            throw new TrainingJobException(
                    TrainingJobException.NOT_A_JOB,
                    "config.yaml: process type '" + type + "' is none of " + String.join(", ", TRAINERS));
        }
        String modelId = BaseModel.modelId(process.section("model"));
        TrainedNetwork.check(process);
        String trigger = process.text("trigger_word").orElse(null);
        return new TrainingJob(
                folder,
                name,
                modelId,
                process,
                SampleSection.read(process.section("sample"), trigger),
                process.has("first_sample") ? SampleSection.read(process.section("first_sample"), trigger) : null,
                sampleFiles(folder.resolve("samples")),
                adapters(folder));
    }

    /**
     * Returns the adapter whose weights the samples of a step were generated with; empty where none was kept. A file
     * that names no step anywhere is the one of the last step.
     */
    public Optional<SavedAdapter> adapter(long step) {
        return adapters.stream()
                .filter(adapter -> adapter.step().orElseGet(this::lastStep) == step)
                .findFirst();
    }

    private long lastStep() {
        return process.section("train").integer("steps").orElse(-1L);
    }

    /** Returns the sample files that a newer one of the same step and index replaces. */
    public List<SampleFile> superseded() {
        List<SampleFile> superseded = new ArrayList<>();
        for (int i = 0; i + 1 < files.size(); i++) {
            SampleFile next = files.get(i + 1);
            if (files.get(i).step() == next.step() && files.get(i).index() == next.index()) {
                superseded.add(files.get(i));
            }
        }
        return superseded;
    }

    private static @Nullable Object parse(Path file) {
        try {
            if (Files.size(file) > LARGEST_CONFIG) {
                throw SampleSection.invalid("the file is larger than " + LARGEST_CONFIG + " bytes");
            }
            return new Yaml(new SafeConstructor(new LoaderOptions()))
                    .load(Files.readString(file, StandardCharsets.UTF_8));
        } catch (NoSuchFileException e) {
            throw new TrainingJobException(
                    TrainingJobException.NOT_A_JOB,
                    "'" + file.getParent() + "' has no config.yaml; name the folder that ai-toolkit wrote, such as"
                            + " output/NAME");
        } catch (IOException e) {
            throw SampleSection.invalid("the file cannot be read as UTF-8: " + e.getMessage());
        } catch (YAMLException e) {
            throw SampleSection.invalid("the file is not valid YAML: "
                    + String.valueOf(e.getMessage()).lines().findFirst().orElse(""));
        }
    }

    private static List<SampleFile> sampleFiles(Path folder) {
        return files(folder).stream()
                .flatMap(file -> SampleFile.of(file).stream())
                .sorted(SampleFile.ORDER)
                .toList();
    }

    private static List<SavedAdapter> adapters(Path folder) {
        Comparator<Path> newestFirst =
                Comparator.comparing(TrainingJob::modified).reversed();
        Comparator<SavedAdapter> namedFirst = Comparator.comparing(adapter -> adapter.namedStep() == null);
        return files(folder).stream()
                .filter(file -> file.getFileName().toString().endsWith(".safetensors"))
                .sorted(newestFirst.thenComparing(Comparator.naturalOrder()))
                .map(SavedAdapter::read)
                .sorted(namedFirst)
                .toList();
    }

    private static long modified(Path file) {
        return file.toFile().lastModified();
    }

    private static List<Path> files(Path folder) {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.filter(Files::isRegularFile).sorted().toList();
        } catch (IOException e) {
            throw new TrainingJobException(
                    TrainingJobException.NOT_A_JOB, "'" + folder + "' cannot be read: " + e.getMessage());
        }
    }
}
