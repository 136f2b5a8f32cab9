package dev.atelier.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.atelier.plugin.AdapterFile;
import dev.atelier.plugin.Cancellation;
import dev.atelier.plugin.EffectiveSettings;
import dev.atelier.plugin.GeneratedImage;
import dev.atelier.plugin.Stage;
import dev.atelier.plugin.TextToImagePipeline;
import dev.atelier.zimage.ZImagePlugin;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Draws the same image several times and prints one line of JSON for each. */
@Command(
        name = "measure",
        description = "Prints seconds per stage and peak memory of each image, as one line of JSON.",
        mixinStandardHelpOptions = true)
final class MeasureCommand implements Callable<Integer> {
    private static final ObjectMapper JSON = new ObjectMapper();

    @Mixin
    private Workload workload = new Workload();

    @Option(names = "--runs", description = "Images after the one that warms up; default ${DEFAULT-VALUE}")
    private int runs = 3;

    @Override
    public Integer call() throws IOException {
        workload.requireDevice();
        List<AdapterFile> adapters = workload.adapters();
        long parameters = TransformerSize.parameters(workload.checkpoint.resolve("transformer"));
        long start = System.nanoTime();
        SnapshotContext context =
                new SnapshotContext(workload.checkpoint, workload.device(), workload.pluginSettings());
        try (TextToImagePipeline pipeline = new ZImagePlugin().open(context)) {
            double load = seconds(start);
            EffectiveSettings effective = pipeline.resolve(workload.plan());
            for (int run = 0; run <= runs; run++) {
                Run measured = draw(pipeline, effective, adapters, parameters, load);
                if (run > 0) {
                    print(measured);
                }
            }
        }
        return 0;
    }

    private Run draw(
            TextToImagePipeline pipeline,
            EffectiveSettings effective,
            List<AdapterFile> adapters,
            long parameters,
            double load) {
        StepClock clock = new StepClock();
        long start = System.nanoTime();
        GeneratedImage drawn = pipeline.generate(effective, adapters, clock, Cancellation.NEVER);
        double total = seconds(start);
        return new Run(
                workload.threads,
                parameters,
                effective.size().width(),
                effective.size().height(),
                workload.steps,
                workload.guidance,
                round(load),
                round(drawn.stageSeconds().getOrDefault(Stage.TEXT_ENCODE, 0.0)),
                round(Median.of(clock.seconds())),
                round(drawn.stageSeconds().getOrDefault(Stage.VAE_DECODE, 0.0)),
                round(total),
                PeakMemory.mebibytes());
    }

    private static double seconds(long start) {
        return (System.nanoTime() - start) / 1e9;
    }

    private static double round(double seconds) {
        return Math.round(seconds * 1e4) / 1e4;
    }

    private static void print(Run run) throws JsonProcessingException {
        System.out.println(JSON.writeValueAsString(run));
        System.out.flush();
    }
}
