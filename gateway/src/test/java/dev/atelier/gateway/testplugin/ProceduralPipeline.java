package dev.atelier.gateway.testplugin;

import dev.atelier.plugin.AdapterFile;
import dev.atelier.plugin.Cancellation;
import dev.atelier.plugin.EffectiveSettings;
import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.GeneratedImage;
import dev.atelier.plugin.GenerationPlan;
import dev.atelier.plugin.ImageSize;
import dev.atelier.plugin.PipelineDescriptor;
import dev.atelier.plugin.PipelineException;
import dev.atelier.plugin.ProgressListener;
import dev.atelier.plugin.RgbImage;
import dev.atelier.plugin.Stage;
import dev.atelier.plugin.TextToImagePipeline;
import java.io.EOFException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32;

/**
 * Paints a pattern that depends on prompt, seed, steps, guidance and adapters. A prompt may hold directives: <code>
 * {{fail CODE}}</code> fails with that code, <code>{{throw}}</code> with something unexpected, <code>{{halt}}</code>
 * ends the process, <code>{{wait NAME}}
 * </code> waits at a {@link Gate}, <code>{{unreadable}}</code> and <code>{{truncated}}</code> fail as a disk and as a
 * file do, <code>{{room NAME}}</code> needs that {@link Room} for a moment.
 */
final class ProceduralPipeline implements TextToImagePipeline {
    private static final Pattern DIRECTIVE = Pattern.compile("\\{\\{(\\w+) ?([\\w-]*)}}");

    private final PipelineDescriptor descriptor;
    private final Room room;

    ProceduralPipeline(PipelineDescriptor descriptor, Room room) {
        this.descriptor = descriptor;
        this.room = room;
        room.enter();
    }

    @Override
    public EffectiveSettings resolve(GenerationPlan plan) {
        ImageSize size = plan.requestedSize().floorTo(descriptor.resolutionDivisor());
        List<Float> sigmas = new ArrayList<>();
        for (int i = 0; i <= plan.steps(); i++) {
            sigmas.add(1 - (float) i / plan.steps());
        }
        int passes = plan.guidanceScale() > 0 ? 2 : 1;
        return new EffectiveSettings(plan, size, plan.guidanceScale(), sigmas, plan.steps() * passes);
    }

    @Override
    public GeneratedImage generate(
            EffectiveSettings effective,
            List<AdapterFile> adapters,
            ProgressListener listener,
            Cancellation cancellation) {
        stopWhenCancelled(cancellation);
        listener.onStage(Stage.TEXT_ENCODE);
        obey(effective.plan().prompt(), cancellation);
        listener.onStage(Stage.DENOISE);
        int steps = effective.plan().steps();
        for (int step = 1; step <= steps; step++) {
            stopWhenCancelled(cancellation);
            listener.onStep(step, steps, () -> paint(effective, adapters));
        }
        listener.onStage(Stage.VAE_DECODE);
        return new GeneratedImage(
                paint(effective, adapters),
                Map.of(Stage.TEXT_ENCODE, 0.001, Stage.DENOISE, 0.002, Stage.VAE_DECODE, 0.001),
                adapters.stream()
                        .map(adapter -> ProceduralModel.report(adapter.name(), adapter.multiplier(), 1))
                        .toList());
    }

    private static void stopWhenCancelled(Cancellation cancellation) {
        if (cancellation.isCancelled()) {
            throw new CancellationException("cancelled");
        }
    }

    private static void obey(String prompt, Cancellation cancellation) {
        Matcher directive = DIRECTIVE.matcher(prompt);
        while (directive.find()) {
            switch (directive.group(1)) {
                case "fail" ->
                    throw new PipelineException(ErrorCode.valueOf(directive.group(2)), "it fails, as the prompt asked");
                case "exhaust" -> throw new OutOfMemoryError("Java heap space");
                case "hang" -> hang(directive.group(2));
                case "unreadable" ->
                    throw new UncheckedIOException(new FileSystemException("weights", null, "Input/output error"));
                case "truncated" -> throw new UncheckedIOException(new EOFException("the adapter ends early"));
                case "throw" -> throw new IllegalStateException("something unexpected");
                case "halt" -> Runtime.getRuntime().halt(1);
                case "room" -> visit(directive.group(2));
                case "wait" -> await(directive.group(2), cancellation);
                default -> {}
            }
        }
        stopWhenCancelled(cancellation);
    }

    private static void await(String gate, Cancellation cancellation) {
        CompletableFuture<Void> goOn = new CompletableFuture<>();
        Gate.side(gate, "opened").thenRun(() -> goOn.complete(null));
        cancellation.onCancel(() -> goOn.complete(null));
        Gate.side(gate, "entered").complete(null);
        goOn.join();
    }

    private static void visit(String name) {
        Room room = Room.of(name);
        room.enter();
        room.leave();
    }

    /** Heeds no cancellation. */
    private static void hang(String gate) {
        Gate.side(gate, "entered").complete(null);
        Gate.side(gate, "opened").join();
    }

    private static RgbImage paint(EffectiveSettings effective, List<AdapterFile> adapters) {
        CRC32 key = new CRC32();
        key.update(effective.plan().toString().getBytes(StandardCharsets.UTF_8));
        adapters.stream()
                .filter(adapter -> adapter.multiplier() != 0)
                .forEach(adapter ->
                        key.update((adapter.sha256() + adapter.multiplier()).getBytes(StandardCharsets.UTF_8)));
        SplittableRandom random = new SplittableRandom(key.getValue());
        int red = random.nextInt(256);
        int green = random.nextInt(256);
        ImageSize size = effective.size();
        byte[] pixels = new byte[3 * size.width() * size.height()];
        for (int i = 0; i < pixels.length; i += 3) {
            int pixel = i / 3;
            pixels[i] = (byte) (red + pixel % size.width());
            pixels[i + 1] = (byte) (green + pixel / size.width());
            pixels[i + 2] = (byte) (red ^ green);
        }
        return new RgbImage(size, pixels);
    }

    @Override
    public long residentBytes() {
        return 1;
    }

    @Override
    public void close() {
        room.leave();
    }
}
