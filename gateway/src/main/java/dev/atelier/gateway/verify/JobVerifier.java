package dev.atelier.gateway.verify;

import dev.atelier.gateway.generator.ImageGenerator;
import dev.atelier.gateway.generator.ImageGenerator.Generated;
import dev.atelier.gateway.generator.ImageRequest;
import dev.atelier.plugin.EffectiveSettings;
import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Generates the image of each sample of a job and judges the sample's file by it. */
public final class JobVerifier {
    /** A file this many dB below its floor, or closer, shows the generated image. */
    private static final double MATCH = 1;

    private final TrainingJob job;
    private final ImageGenerator generator;
    private final Progress progress;
    private final Set<SampleFile> superseded;

    /** Receives the verifier's progress. */
    public interface Progress {
        /** A sample is about to be generated; {@code done} of {@code total} are finished. */
        void onSample(SampleFile sample, int done, int total);

        /** A step of the present sample has finished. */
        void onStep(int step, int steps);
    }

    /** Creates a verifier of a job. */
    public JobVerifier(TrainingJob job, ImageGenerator generator, Progress progress) {
        this.job = job;
        this.generator = generator;
        this.progress = progress;
        this.superseded = new HashSet<>(job.superseded());
    }

    /**
     * Verifies the selected samples; blocks for as long as their generation takes.
     *
     * @throws PipelineException when the model cannot be run here
     */
    public VerifyReport verify(Predicate<SampleFile> selected) {
        List<Difference> differences = Differences.of(job, generator.computeType());
        List<SampleFile> files = job.files().stream().filter(selected).toList();
        List<VerifiedImage> images = new ArrayList<>();
        for (SampleFile file : files) {
            progress.onSample(file, images.size(), files.size());
            images.add(verify(file, differences));
        }
        return new VerifyReport(job, differences, images);
    }

    private VerifiedImage verify(SampleFile file, List<Difference> differences) {
        Optional<SampleSettings> settings = settings(file);
        if (settings.isEmpty()) {
            return unscored(file, null, null, Verdict.DIFFERS, "config.yaml has no sample with index " + file.index());
        }
        SampleSettings wanted = settings.get();
        Optional<Path> adapter = adapter(file.step());
        if (superseded.contains(file)) {
            return unscored(file, wanted, adapter.orElse(null), Verdict.SUPERSEDED, "superseded-sample");
        }
        if (wanted.randomSeed()) {
            return unscored(file, wanted, adapter.orElse(null), Verdict.RANDOM_SEED, "random-seed");
        }
        if (adapter.isEmpty() && !isBase(file.step())) {
            return unscored(file, wanted, null, Verdict.NO_CHECKPOINT, "sample-without-checkpoint");
        }
        return scored(file, wanted, adapter.orElse(null), differences);
    }

    // When a first_sample section is given, the newest sample of step 0 is of the sample section all the same.
    private Optional<SampleSettings> settings(SampleFile file) {
        List<SampleSettings> first = job.firstSamples();
        List<SampleSettings> section = first != null
                        && file.step() == 0
                        && (superseded.contains(file)
                                || file.index() >= job.samples().size())
                ? first
                : job.samples();
        return file.index() < section.size() ? Optional.of(section.get(file.index())) : Optional.empty();
    }

    private boolean isBase(long step) {
        return step == 0 && !job.process().section("network").has("pretrained_lora_path");
    }

    private Optional<Path> adapter(long step) {
        if (step != 0) {
            return job.adapter(step).map(SavedAdapter::file);
        }
        return job.process()
                .section("network")
                .text("pretrained_lora_path")
                .map(path -> job.folder().resolve(path))
                .filter(Files::isRegularFile);
    }

    private VerifiedImage unscored(
            SampleFile file, @Nullable SampleSettings wanted, @Nullable Path adapter, Verdict verdict, String reason) {
        EffectiveSettings effective = wanted == null
                ? null
                : generator.resolve(Attempts.of(job, file, wanted, adapter).get(0));
        return new VerifiedImage(
                file,
                name(adapter),
                effective,
                wanted == null ? 1 : wanted.multiplier(),
                wanted != null && !wanted.randomSeed(),
                verdict,
                null,
                List.of(reason),
                null);
    }

    private VerifiedImage scored(
            SampleFile file, SampleSettings wanted, @Nullable Path adapter, List<Difference> differences) {
        SampleImage sample;
        try {
            sample = SampleImage.read(file.file());
        } catch (IOException e) {
            return unscored(file, wanted, adapter, Verdict.DIFFERS, "damaged-file: " + e.getMessage());
        }
        VerifiedImage best = null;
        for (ImageRequest attempt : Attempts.of(job, file, wanted, adapter)) {
            VerifiedImage image =
                    compare(file, sample, attempt, new Applied(adapter, wanted.multiplier()), differences);
            if (best == null || psnr(image) > psnr(best)) {
                best = image;
            }
            if (best.verdict() == Verdict.MATCH) {
                break;
            }
        }
        return Objects.requireNonNull(best, "a sample has at least one request");
    }

    /** The adapter of a sample; null for the base model alone. */
    private record Applied(@Nullable Path adapter, double multiplier) {}

    private VerifiedImage compare(
            SampleFile file, SampleImage sample, ImageRequest request, Applied applied, List<Difference> differences) {
        Generated generated = generate(request);
        BufferedImage own = SampleImage.of(generated.image());
        List<String> reasons = new ArrayList<>();
        Verdict verdict = Verdict.DIFFERS;
        Score score = null;
        if (own.getWidth() != sample.image().getWidth()
                || own.getHeight() != sample.image().getHeight()) {
            reasons.add("size: the file has " + sample.image().getWidth() + "x"
                    + sample.image().getHeight() + ", the request gives " + own.getWidth() + "x" + own.getHeight());
        } else {
            score = score(sample, own);
            verdict = verdict(score, differences, reasons);
        }
        job.adapter(file.step())
                .filter(SavedAdapter::contradictory)
                .ifPresent(saved -> reasons.add("adapter-step: the metadata of "
                        + saved.file().getFileName() + " names step " + saved.recordedStep()));
        if (Attempts.isLegacy(request)) {
            reasons.add("trainer-version: " + Attempts.describe(request));
        }
        return new VerifiedImage(
                file,
                name(applied.adapter()),
                generated.effective(),
                applied.multiplier(),
                true,
                verdict,
                score,
                reasons,
                generated.image());
    }

    private Generated generate(ImageRequest request) {
        try {
            return generator.generate(request, progress::onStep);
        } catch (PipelineException e) {
            if (e.code() != ErrorCode.INVALID_PARAMETER) {
                throw e;
            }
            throw new TrainingJobException(TrainingJobException.INVALID_CONFIG, "config.yaml: " + e.getMessage());
        }
    }

    private static Score score(SampleImage sample, BufferedImage own) {
        try {
            return Score.of(sample, own);
        } catch (IOException e) {
            throw new UncheckedIOException("an image in memory cannot be encoded", e);
        }
    }

    private static Verdict verdict(Score score, List<Difference> differences, List<String> reasons) {
        double gap = score.gap();
        if (gap <= MATCH) {
            return Verdict.MATCH;
        }
        List<String> explaining = differences.stream()
                .filter(difference -> difference.explainedGap() >= gap)
                .map(Difference::name)
                .toList();
        reasons.addAll(explaining);
        if (explaining.isEmpty()) {
            reasons.add("%.1f dB below the floor; no named difference explains that".formatted(gap));
        }
        return explaining.isEmpty() ? Verdict.DIFFERS : Verdict.APPROXIMATE;
    }

    private static double psnr(VerifiedImage image) {
        return image.score() == null ? Double.NEGATIVE_INFINITY : image.score().psnr();
    }

    private static @Nullable String name(@Nullable Path file) {
        return file == null ? null : String.valueOf(file.getFileName());
    }
}
