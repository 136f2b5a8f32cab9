package dev.atelier.testkit;

import dev.atelier.plugin.AdapterFile;
import dev.atelier.plugin.AdapterReport;
import dev.atelier.plugin.Cancellation;
import dev.atelier.plugin.EffectiveSettings;
import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.GeneratedImage;
import dev.atelier.plugin.GenerationPlan;
import dev.atelier.plugin.ImageSize;
import dev.atelier.plugin.PipelineException;
import dev.atelier.plugin.PluginContext;
import dev.atelier.plugin.ProgressListener;
import dev.atelier.plugin.RgbImage;
import dev.atelier.plugin.Stage;
import dev.atelier.plugin.TextToImagePipeline;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Paints noise that depends on plan and adapters. */
final class PaintedPipeline implements TextToImagePipeline {
    private static int open;
    private static int disturbances;

    private final @Nullable Fault fault;
    private final PluginContext context;
    private final int number = ++open;
    private boolean closed;
    private String kept = "";

    PaintedPipeline(@Nullable Fault fault, PluginContext context) {
        this.fault = fault;
        this.context = context;
    }

    static void forgetDisturbances() {
        disturbances = 0;
    }

    private boolean has(Fault one) {
        return fault == one;
    }

    @Override
    public EffectiveSettings resolve(GenerationPlan plan) {
        ImageSize size = has(Fault.UNFLOORED_SIZE)
                ? plan.requestedSize()
                : plan.requestedSize().floorTo(32);
        double guidance = has(Fault.OTHER_SETTINGS) ? System.nanoTime() : plan.guidanceScale();
        return new EffectiveSettings(plan, size, guidance, List.of(1f, 0f), plan.steps());
    }

    @Override
    public GeneratedImage generate(
            EffectiveSettings effective,
            List<AdapterFile> adapters,
            ProgressListener listener,
            Cancellation cancellation) {
        Cancellation.Registration registration = cancellation.onCancel(() -> {});
        try {
            List<AdapterReport> reports = adapters.stream().map(this::apply).toList();
            listener.onStage(Stage.DENOISE);
            denoise(effective, listener, cancellation);
            listener.onStage(Stage.VAE_DECODE);
            return new GeneratedImage(
                    paint(effective, adapters), has(Fault.UNTIMED) ? Map.of() : Map.of(Stage.DENOISE, 0.5), reports);
        } finally {
            if (!has(Fault.KEEPS_REGISTRATION)) {
                registration.close();
            }
        }
    }

    private AdapterReport apply(AdapterFile adapter) {
        if (PaintedModel.content(adapter.file()).startsWith("foreign") && !has(Fault.TAKES_FOREIGN)) {
            throw new PipelineException(ErrorCode.LORA_NOT_APPLIED, adapter.name() + " matches nothing");
        }
        return PaintedModel.report(adapter.name(), adapter.multiplier(), 1);
    }

    private void denoise(EffectiveSettings effective, ProgressListener listener, Cancellation cancellation) {
        int first = has(Fault.STEPS_FROM_ZERO) ? 0 : 1;
        int steps = effective.plan().steps();
        for (int step = 0; step < steps; step++) {
            boolean deaf = has(Fault.IGNORES_CANCELLATION) || has(Fault.STARTS_CANCELLED) && step == 0;
            if (cancellation.isCancelled() && !deaf) {
                disturb(Fault.BREAKS_WHEN_CANCELLED);
                throw new CancellationException();
            }
            listener.onStep(step + first, steps, () -> {
                disturb(Fault.PREVIEW_SPOILS);
                return new RgbImage(new ImageSize(1, 1), new byte[3]);
            });
        }
    }

    private void disturb(Fault by) {
        if (has(by)) {
            disturbances++;
        }
    }

    private RgbImage paint(EffectiveSettings effective, List<AdapterFile> adapters) {
        ImageSize size = has(Fault.SMALLER_PICTURE) ? new ImageSize(32, 32) : effective.size();
        byte[] pixels = new byte[3 * size.width() * size.height()];
        new Random(seed(effective, adapters)).nextBytes(pixels);
        return new RgbImage(size, pixels);
    }

    private long seed(EffectiveSettings effective, List<AdapterFile> adapters) {
        if (has(Fault.ONE_PICTURE)) {
            return 0;
        }
        String applied = adapters.stream()
                .filter(adapter -> adapter.multiplier() != 0 || has(Fault.APPLIES_ZERO))
                .map(adapter -> adapter.sha256() + adapter.multiplier())
                .collect(Collectors.joining());
        if (has(Fault.KEEPS_ADAPTER)) {
            kept += applied;
        }
        boolean cached = context.cacheBudget().captionBytes() > 0 && has(Fault.NEEDS_CACHE);
        return effective.plan().hashCode()
                + (has(Fault.DROPS_ADAPTER) ? 0 : applied.hashCode())
                + kept.hashCode()
                + disturbances
                + (has(Fault.PICTURE_PER_PIPELINE) ? number : 0)
                + (has(Fault.CLOSES_ALL) ? open : 0)
                + (has(Fault.RANDOM_PICTURE) ? System.nanoTime() : 0)
                + (cached ? 1 : 0);
    }

    @Override
    public long residentBytes() {
        return has(Fault.NEGATIVE_BYTES) ? -1 : 1;
    }

    @Override
    public void close() {
        if (closed && has(Fault.CLOSES_ONCE)) {
            throw new IllegalStateException("closed already");
        }
        if (!closed && has(Fault.CLOSES_ALL)) {
            open = -100;
        }
        closed = true;
    }
}
