package dev.atelier.bench;

import dev.atelier.bench.Difference.Picture;
import dev.atelier.plugin.Cancellation;
import dev.atelier.plugin.GeneratedImage;
import dev.atelier.plugin.TextToImagePipeline;
import dev.atelier.zimage.ZImagePlugin;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Draws the golden requests on any device and says how far each stage and picture is from the real pipeline's. */
@Command(
        name = "golden",
        description = {
            "Draws the golden requests and prints relative errors per stage, differences per picture and PSNR.",
            "Exits with 1 when a picture is off by more than --mean or --worst."
        },
        mixinStandardHelpOptions = true)
final class GoldenCommand implements Callable<Integer> {
    @Mixin
    private Workload workload = new Workload();

    @Option(names = "--golden", description = "The golden data; default: the plugin's test data")
    private Path golden = Path.of(
            System.getProperty("atelier.home", "."), "plugins", "zimage-turbo", "src", "test", "resources", "golden");

    @Option(names = "--cases", description = "A pattern for case names; default ${DEFAULT-VALUE}")
    private String cases = "(base|profile|seed|lora-multiplier)-.*";

    @Option(
            names = "--mean",
            description = "The largest mean difference of a picture, of 255; default ${DEFAULT-VALUE}")
    private double mean = 0.1;

    @Option(names = "--worst", description = "The largest difference of a pixel, of 255; default ${DEFAULT-VALUE}")
    private int worst = 4;

    @Override
    public Integer call() throws IOException {
        workload.requireDevice();
        List<GoldenImage> images = GoldenImage.read(golden, cases);
        System.out.printf("device %s, settings %s, %d images%n", workload.device(), workload.settings, images.size());
        printStages(images);
        return printPictures(images) ? 0 : 1;
    }

    private void printStages(List<GoldenImage> images) {
        Map<String, List<Double>> all = new LinkedHashMap<>();
        boolean bfloat16 = workload.settings
                .getOrDefault("precision", workload.device.equals("cpu") ? "float32" : "bfloat16")
                .equals("bfloat16");
        boolean tensorFloat32 = workload.settings.getOrDefault("tf32", "true").equals("true");
        try (GoldenStages stages =
                new GoldenStages(workload.checkpoint, workload.device(), workload.threads, bfloat16, tensorFloat32)) {
            for (GoldenImage image : images) {
                if (!image.hasAdapters()) {
                    stages.errors(image)
                            .forEach((stage, error) -> all.computeIfAbsent(stage, key -> new ArrayList<>())
                                    .add(error));
                }
            }
        }
        all.forEach((stage, errors) -> System.out.printf(
                Locale.ROOT,
                "%-18s relative error: median %.2e, worst %.2e%n",
                stage,
                Median.of(errors),
                errors.stream().mapToDouble(error -> error).max().orElseThrow()));
    }

    private boolean printPictures(List<GoldenImage> images) throws IOException {
        SnapshotContext context =
                new SnapshotContext(workload.checkpoint, workload.device(), workload.pluginSettings());
        List<String> off = new ArrayList<>();
        try (TextToImagePipeline pipeline = new ZImagePlugin().open(context)) {
            for (GoldenImage image : images) {
                GeneratedImage drawn = pipeline.generate(
                        pipeline.resolve(image.plan()),
                        image.adapters(workload.checkpoint.resolve("loras")),
                        new StepClock(),
                        Cancellation.NEVER);
                Picture difference = Difference.picture(image.picture(), drawn.image());
                System.out.printf(
                        Locale.ROOT,
                        "%-28s mean %.4f, worst %d, PSNR %.1f dB%n",
                        image.name(),
                        difference.mean(),
                        difference.worst(),
                        difference.psnr());
                if (difference.mean() > mean || difference.worst() > worst) {
                    off.add(image.name());
                }
            }
        }
        System.out.println(off.isEmpty() ? "all within bounds" : "out of bounds: " + String.join(", ", off));
        return off.isEmpty();
    }
}
