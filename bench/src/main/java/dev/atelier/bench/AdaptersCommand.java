package dev.atelier.bench;

import dev.atelier.plugin.AdapterFile;
import dev.atelier.plugin.Cancellation;
import dev.atelier.plugin.EffectiveSettings;
import dev.atelier.plugin.GeneratedImage;
import dev.atelier.plugin.Stage;
import dev.atelier.plugin.TextToImagePipeline;
import dev.atelier.zimage.ZImagePlugin;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Draws the same image with and without adapters, in turns, and prints what the adapters add. */
@Command(
        name = "adapters",
        description = {
            "Prints what an adapter adds to an image before its first step, in milliseconds, when it was used just before,",
            "when it is in memory, and when it is read from its file; and what share of a step it costs."
        },
        mixinStandardHelpOptions = true)
final class AdaptersCommand implements Callable<Integer> {
    /** Where the adapter comes from. */
    private enum Source {
        NONE,
        FIRST,
        SAME,
        CACHED
    }

    @Mixin
    private Workload workload = new Workload();

    @Option(names = "--form", description = "${COMPLETION-CANDIDATES}; default ${DEFAULT-VALUE}")
    private SyntheticAdapter.Form form = SyntheticAdapter.Form.LORA;

    @Option(names = "--rank", description = "Of every module; default ${DEFAULT-VALUE}")
    private int rank = 16;

    @Option(names = "--rounds", description = "Images of each kind; default ${DEFAULT-VALUE}")
    private int rounds = 5;

    private final Map<Source, List<Double>> loading = new EnumMap<>(Source.class);
    private final List<Double> bareSteps = new ArrayList<>();
    private final List<Double> adaptedSteps = new ArrayList<>();

    @Override
    public Integer call() throws IOException {
        Path folder = Files.createTempDirectory("adapters");
        SnapshotContext context =
                new SnapshotContext(workload.checkpoint, workload.device(), workload.pluginSettings());
        try (TextToImagePipeline pipeline = new ZImagePlugin().open(context)) {
            EffectiveSettings effective = pipeline.resolve(workload.plan());
            List<AdapterFile> before = List.of(adapter(folder, -1));
            for (int round = -1; round < rounds; round++) {
                List<AdapterFile> fresh = List.of(adapter(folder, round + 1));
                boolean counts = round >= 0;
                draw(pipeline, effective, List.of(), Source.NONE, counts);
                draw(pipeline, effective, fresh, Source.FIRST, counts);
                draw(pipeline, effective, fresh, Source.SAME, counts);
                draw(pipeline, effective, before, Source.CACHED, counts);
                before = fresh;
            }
        } finally {
            TemporaryFolder.delete(folder);
        }
        print();
        return 0;
    }

    private AdapterFile adapter(Path folder, int number) throws IOException {
        Path file = folder.resolve(number + ".safetensors");
        SyntheticAdapter.write(file, workload.checkpoint.resolve("transformer"), form, rank, number);
        return Workload.adapter(file, 1.0);
    }

    private void draw(
            TextToImagePipeline pipeline,
            EffectiveSettings effective,
            List<AdapterFile> adapters,
            Source source,
            boolean counts) {
        StepClock clock = new StepClock();
        GeneratedImage drawn = pipeline.generate(effective, adapters, clock, Cancellation.NEVER);
        if (counts) {
            loading.computeIfAbsent(source, first -> new ArrayList<>())
                    .add(drawn.stageSeconds().getOrDefault(Stage.LOAD_ADAPTERS, 0.0));
            (source == Source.NONE ? bareSteps : adaptedSteps).addAll(clock.seconds());
        }
    }

    private void print() {
        double bare = Median.of(bareSteps);
        double adapted = Median.of(adaptedSteps);
        System.out.printf(
                Locale.ROOT,
                "%s of rank %d, %dx%d, %d rounds: the same again %+.0f ms, another in memory %+.0f ms,"
                        + " first read %+.0f ms; a step takes %.4f s instead of %.4f s, adapters' share %.1f %%%n",
                form.name().toLowerCase(Locale.ROOT),
                rank,
                workload.width,
                workload.height,
                rounds,
                added(Source.SAME),
                added(Source.CACHED),
                added(Source.FIRST),
                adapted,
                bare,
                100 * (adapted - bare) / adapted);
    }

    private double added(Source source) {
        return 1000
                * (Median.of(loading.getOrDefault(source, List.of()))
                        - Median.of(loading.getOrDefault(Source.NONE, List.of())));
    }
}
