package dev.atelier.gateway.verify;

import dev.atelier.plugin.EffectiveSettings;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The result of verifying a job.
 *
 * @param job the job
 * @param differences the ways in which its previews differ from inference
 * @param images each sample with its verdict
 */
public record VerifyReport(TrainingJob job, List<Difference> differences, List<VerifiedImage> images) {
    private static final String ROW = "%7s %5s %-13s %6s %6s %6s  %s%n";
    private static final int NAME_COLUMNS = 30;

    /** Copies the lists. */
    public VerifyReport {
        differences = List.copyOf(differences);
        images = List.copyOf(images);
    }

    /** Returns whether no sample shows another image. */
    public boolean ok() {
        return images.stream().noneMatch(image -> image.verdict() == Verdict.DIFFERS);
    }

    /** Returns one sentence that counts the verdicts. */
    public String summary() {
        Map<Verdict, Long> counts = images.stream()
                .collect(Collectors.groupingBy(
                        VerifiedImage::verdict, () -> new EnumMap<>(Verdict.class), Collectors.counting()));
        String counted = counts.entrySet().stream()
                .map(entry -> entry.getValue() + " " + entry.getKey().id())
                .collect(Collectors.joining(", "));
        return images.size() + (images.size() == 1 ? " sample: " : " samples: ") + counted;
    }

    /** Returns the report as a table of at most 80 columns, reasons apart. */
    public String text() {
        StringBuilder text = new StringBuilder();
        text.append(String.format(Locale.ROOT, ROW, "step", "index", "verdict", "PSNR", "floor", "SSIM", "adapter"));
        for (VerifiedImage image : images) {
            Score score = image.score();
            text.append(String.format(
                    Locale.ROOT,
                    ROW,
                    image.sample().step(),
                    image.sample().index(),
                    image.verdict().id(),
                    score == null ? "-" : number(score.psnr(), "%.2f"),
                    score == null ? "-" : number(score.floor(), "%.2f"),
                    score == null ? "-" : number(score.ssim(), "%.3f"),
                    shortened(image.adapter() == null ? "none (base model)" : image.adapter())));
            image.reasons()
                    .forEach(reason -> text.append("        ").append(reason).append('\n'));
        }
        text.append('\n').append(summary()).append('\n');
        differences.forEach(difference -> text.append("- ")
                .append(difference.name())
                .append(": ")
                .append(difference.explanation())
                .append('\n'));
        return text.toString();
    }

    private static String number(double value, String form) {
        return Double.isFinite(value) ? String.format(Locale.ROOT, form, value) : "equal";
    }

    private static String shortened(String name) {
        return name.length() <= NAME_COLUMNS ? name : "..." + name.substring(name.length() - NAME_COLUMNS + 3);
    }

    /** Returns the report for programs. */
    public JsonObject json() {
        JsonArray named = new JsonArray();
        differences.forEach(difference -> named.add(
                new JsonObject().put("name", difference.name()).put("explanation", difference.explanation())));
        JsonArray all = new JsonArray();
        images.forEach(image -> all.add(json(image)));
        return new JsonObject()
                .put("ok", ok())
                .putNull("error")
                .put("differences", named)
                .put("images", all);
    }

    /** Returns the report of a job that could not be verified. */
    public static JsonObject failed(String code, String message) {
        return new JsonObject()
                .put("ok", false)
                .put("error", new JsonObject().put("code", code).put("message", message))
                .put("differences", new JsonArray())
                .put("images", new JsonArray());
    }

    private static JsonObject json(VerifiedImage image) {
        Score score = image.score();
        return new JsonObject()
                .put("file", image.sample().name())
                .put("step", image.sample().step())
                .put("index", image.sample().index())
                .put("checkpoint", image.adapter())
                .put("effective", effective(image))
                .put("verdict", image.verdict().id())
                .put("psnr", score == null ? null : rounded(score.psnr(), 2))
                .put("psnr_floor", score == null ? null : rounded(score.floor(), 2))
                .put("ssim", score == null ? null : rounded(score.ssim(), 4))
                .put("reasons", new JsonArray(image.reasons()));
    }

    private static @Nullable JsonObject effective(VerifiedImage image) {
        EffectiveSettings settings = image.effective();
        if (settings == null) {
            return null;
        }
        return new JsonObject()
                .put("prompt", settings.plan().prompt())
                .put("neg", settings.plan().negativePrompt())
                .put("width", settings.size().width())
                .put("height", settings.size().height())
                .put("steps", settings.plan().steps())
                .put("guidance", settings.guidanceScale())
                .put("seed", image.seedKnown() ? unsigned(settings.plan().seed()) : null)
                .put("multiplier", image.multiplier());
    }

    static Number unsigned(long seed) {
        return seed >= 0 ? seed : new BigInteger(Long.toUnsignedString(seed));
    }

    // JSON has no infinity: equal pixels have no finite ratio.
    private static @Nullable Double rounded(double value, int digits) {
        return Double.isFinite(value)
                ? BigDecimal.valueOf(value)
                        .setScale(digits, RoundingMode.HALF_UP)
                        .doubleValue()
                : null;
    }
}
