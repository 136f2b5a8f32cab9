package dev.atelier.gateway.verify;

import dev.atelier.plugin.EffectiveSettings;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The result of verifying a job.
 *
 * @param job the job
 * @param differences the ways in which its previews differ from inference
 * @param images each sample with its verdict
 */
public record VerifyReport(TrainingJob job, List<Difference> differences, List<VerifiedImage> images) {
    /** Copies the lists. */
    public VerifyReport {
        differences = List.copyOf(differences);
        images = List.copyOf(images);
    }

    /** Tells whether no sample shows another image. */
    public boolean ok() {
        return images.stream().noneMatch(image -> image.verdict() == Verdict.DIFFERS);
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

    private static Number unsigned(long seed) {
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
