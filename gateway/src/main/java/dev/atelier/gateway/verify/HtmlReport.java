package dev.atelier.gateway.verify;

import dev.atelier.plugin.EffectiveSettings;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Base64;
import java.util.Locale;
import java.util.stream.Collectors;
import javax.imageio.ImageIO;
import org.jspecify.annotations.Nullable;

/** Writes a report as one page without external resources: both images of each sample, their difference, a slider. */
public final class HtmlReport {
    /** Differences are small numbers; this makes them visible. */
    private static final int AMPLIFICATION = 8;

    private static final String STYLE = """
            :root{color-scheme:light dark;--line:#8884;--bad:#c62828;--good:#2e7d32;--warn:#9a6700}
            *{box-sizing:border-box}
            body{font:16px/1.5 system-ui,sans-serif;margin:0 auto;padding:1rem;max-width:75rem}
            h1{font-size:1.5rem}h2{font-size:1.1rem;margin:0}
            article{border:1px solid var(--line);border-radius:.5rem;padding:1rem;margin:1rem 0}
            .verdict{font-weight:600}.match{color:var(--good)}.differs{color:var(--bad)}
            .approximate,.no-checkpoint,.superseded,.random-seed{color:var(--warn)}
            .images{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,14rem),1fr));gap:1rem;margin:1rem 0}
            figure{margin:0}figcaption{font-size:.9rem}
            img{width:100%;height:auto;display:block;image-rendering:auto}
            .pair{position:relative}.pair img+img{position:absolute;inset:0;clip-path:inset(0 0 0 var(--cut,50%))}
            input[type=range]{width:100%}
            pre{overflow:auto;padding:.75rem;border:1px solid var(--line);border-radius:.25rem;white-space:pre-wrap;word-break:break-word}
            table{border-collapse:collapse;width:100%}td,th{border-bottom:1px solid var(--line);text-align:left;padding:.25rem .5rem;overflow-wrap:anywhere}
            .scroll{overflow-x:auto}
            @media (max-width:40rem){th,td{display:block}th{border:0;padding-bottom:0}}
            """;

    private static final String SCRIPT = """
            document.querySelectorAll('input[type=range]').forEach(slider => slider.addEventListener('input', () =>
              slider.previousElementSibling.style.setProperty('--cut', slider.value + '%')));
            """;

    private HtmlReport() {}

    /** Returns the page. */
    public static String of(VerifyReport report) {
        String name = escape(report.job().name());
        String images =
                report.images().stream().map(image -> article(report, image)).collect(Collectors.joining("\n"));
        return """
                <!doctype html>
                <html lang="en">
                <head>
                <meta charset="utf-8">
                <meta name="viewport" content="width=device-width, initial-scale=1">
                <title>Verification of %s</title>
                <style>%s</style>
                </head>
                <body>
                <h1>Verification of %s</h1>
                <p class="verdict %s">%s</p>
                %s
                %s
                <script>%s</script>
                </body>
                </html>
                """.formatted(
                        name,
                        STYLE,
                        name,
                        report.ok() ? "match" : "differs",
                        escape(report.summary()),
                        differences(report),
                        images,
                        SCRIPT);
    }

    private static String differences(VerifyReport report) {
        if (report.differences().isEmpty()) {
            return "<p>No difference between the trainer's previews and inference was found in the configuration.</p>";
        }
        return report.differences().stream()
                .map(difference -> "<tr><th scope=\"row\">" + escape(difference.name()) + "</th><td>"
                        + escape(difference.explanation()) + "</td></tr>")
                .collect(Collectors.joining(
                        "",
                        "<h2>Differences between preview and inference</h2><div class=\"scroll\"><table>",
                        "</table></div>"));
    }

    private static String article(VerifyReport report, VerifiedImage image) {
        String id = image.verdict().id();
        String reasons = image.reasons().isEmpty() ? "" : "<p>" + escape(String.join("; ", image.reasons())) + "</p>";
        return """
                <article>
                <h2>Step %d, sample %d: <span class="verdict %s">%s</span></h2>
                <p>%s</p>
                %s%s%s
                </article>
                """.formatted(
                        image.sample().step(),
                        image.sample().index(),
                        id,
                        id,
                        scores(image),
                        reasons,
                        images(image),
                        request(report, image));
    }

    private static String scores(VerifiedImage image) {
        Score score = image.score();
        String file = escape(image.sample().name());
        return score == null
                ? file
                : "%s: PSNR %s dB, floor %s dB, SSIM %.4f"
                        .formatted(file, decibels(score.psnr()), decibels(score.floor()), score.ssim());
    }

    private static String decibels(double value) {
        return Double.isFinite(value) ? String.format(Locale.ROOT, "%.2f", value) : "infinite";
    }

    private static String images(VerifiedImage image) {
        if (image.generated() == null) {
            return "";
        }
        BufferedImage own = SampleImage.of(image.generated());
        BufferedImage sample = sample(image);
        if (sample == null) {
            return "<div class=\"images\">" + figure("Generated here", own) + "</div>";
        }
        boolean comparable = sample.getWidth() == own.getWidth() && sample.getHeight() == own.getHeight();
        String compared = comparable
                ? figure("Difference, " + AMPLIFICATION + " times", difference(sample, own)) + slider(sample, own)
                : "";
        return "<div class=\"images\">" + figure("The trainer's sample", sample) + figure("Generated here", own)
                + compared + "</div>";
    }

    private static @Nullable BufferedImage sample(VerifiedImage image) {
        try {
            return SampleImage.read(image.sample().file()).image();
        } catch (IOException e) {
            return null;
        }
    }

    private static String figure(String caption, BufferedImage image) {
        return "<figure>" + img(caption, image) + "<figcaption>" + caption + "</figcaption></figure>";
    }

    private static String slider(BufferedImage sample, BufferedImage own) {
        return "<figure><div class=\"pair\">" + img("The trainer's sample", sample) + img("Generated here", own)
                + "</div><input type=\"range\" min=\"0\" max=\"100\" value=\"50\" aria-label=\"Share of the trainer's"
                + " sample that is shown\"><figcaption>Left: the trainer's sample, right: generated"
                + " here</figcaption></figure>";
    }

    private static String img(String alt, BufferedImage image) {
        ByteArrayOutputStream png = new ByteArrayOutputStream();
        try {
            ImageIO.write(image, "png", png);
        } catch (IOException e) {
            throw new UncheckedIOException("an image in memory cannot be encoded", e);
        }
        return "<img alt=\"" + alt + "\" width=\"" + image.getWidth() + "\" height=\"" + image.getHeight()
                + "\" src=\"data:image/png;base64,"
                + Base64.getEncoder().encodeToString(png.toByteArray()) + "\">";
    }

    private static BufferedImage difference(BufferedImage sample, BufferedImage own) {
        BufferedImage difference = new BufferedImage(own.getWidth(), own.getHeight(), BufferedImage.TYPE_3BYTE_BGR);
        for (int y = 0; y < own.getHeight(); y++) {
            for (int x = 0; x < own.getWidth(); x++) {
                int one = sample.getRGB(x, y);
                int other = own.getRGB(x, y);
                int rgb = 0;
                for (int shift = 0; shift <= 16; shift += 8) {
                    int apart = Math.abs((one >> shift & 0xFF) - (other >> shift & 0xFF));
                    rgb |= Math.min(255, AMPLIFICATION * apart) << shift;
                }
                difference.setRGB(x, y, rgb);
            }
        }
        return difference;
    }

    private static String request(VerifyReport report, VerifiedImage image) {
        EffectiveSettings effective = image.effective();
        if (effective == null) {
            return "";
        }
        String body = body(report, image, effective).encodePrettily().replace("'", "'\\''");
        return "<details><summary>The request as curl</summary><pre>"
                + escape(
                        "curl http://localhost:8000/v1/inference -H 'Content-Type: application/json' -d '" + body + "'")
                + "</pre></details>";
    }

    private static JsonObject body(VerifyReport report, VerifiedImage image, EffectiveSettings effective) {
        JsonObject prompt = new JsonObject()
                .put("prompt", effective.plan().prompt())
                .put("neg", effective.plan().negativePrompt())
                .put("width", effective.plan().requestedSize().width())
                .put("height", effective.plan().requestedSize().height())
                .put("sample_steps", effective.plan().steps())
                .put("guidance_scale", effective.plan().guidanceScale())
                .put("seed", VerifyReport.unsigned(effective.plan().seed()));
        JsonArray loras = new JsonArray();
        if (image.adapter() != null) {
            loras.add(new JsonObject().put("path", image.adapter()).put("network_multiplier", image.multiplier()));
        }
        return new JsonObject()
                .put("model", report.job().modelId())
                .put("profile", effective.plan().profile().id())
                .put("output_format", "png")
                .put("loras", loras)
                .put("prompts", new JsonArray().add(prompt));
    }

    private static String escape(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;")
                .replace("'", "&#39;");
    }
}
