package dev.atelier.gateway.http;

import dev.atelier.gateway.adapter.InspectedAdapter;
import dev.atelier.gateway.adapter.ListedAdapter;
import dev.atelier.gateway.job.Job;
import dev.atelier.gateway.job.JobError;
import dev.atelier.gateway.job.JobPage;
import dev.atelier.gateway.job.JobProgress;
import dev.atelier.gateway.job.JobState;
import dev.atelier.gateway.job.JobTimings;
import dev.atelier.gateway.job.OutputImage;
import dev.atelier.plugin.AdapterInspection;
import dev.atelier.plugin.AdapterReport;
import dev.atelier.plugin.EffectiveSettings;
import dev.atelier.plugin.ImageSize;
import dev.atelier.plugin.PipelineDescriptor;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Writes jobs and models as clients read them. All keys of the reference are always there, null where empty. */
final class RequestCodec {
    private static final DateTimeFormatter TIMESTAMP =
            DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSSSS'Z'").withZone(ZoneOffset.UTC);

    /**
     * Returns the answer to a submission: the job was accepted.
     *
     * @param baseUrl what links begin with, without a slash at its end
     */
    JsonObject accepted(Job job, List<Warning> warnings, String baseUrl) {
        return new JsonObject()
                .put("request_id", job.id())
                .put("status", "queued")
                .put("status_url", link(baseUrl, job.id(), "status"))
                .put("result_url", link(baseUrl, job.id(), "result"))
                .put("created_at", timestamp(job.createdAt()))
                .put("warnings", warnings(warnings));
    }

    /** Returns the answer to a submission that waited for the job: its result once it has ended. */
    JsonObject awaited(Job job, List<Warning> warnings, String baseUrl) {
        JsonObject accepted = accepted(job, warnings, baseUrl);
        return job.state().isFinal() ? accepted.mergeIn(result(job, baseUrl)) : accepted;
    }

    private static JsonArray warnings(List<Warning> warnings) {
        JsonArray list = new JsonArray();
        warnings.forEach(warning -> list.add(warning.toJson()));
        return list;
    }

    /** Returns where a job is. */
    JsonObject status(Job job) {
        JsonObject json = new JsonObject()
                .put("request_id", job.id())
                .put("status", state(job.state()))
                .put("created_at", timestamp(job.createdAt()))
                .put("started_at", timestamp(job.startedAt()))
                .put("finished_at", timestamp(job.finishedAt()));
        putError(json, job.error())
                .put("queue_position", job.queuePosition())
                .put("progress", progress(job.progress()));
        return job.cancelRequested() && !job.state().isFinal() ? json.put("cancel_requested", true) : json;
    }

    private static @Nullable JsonObject progress(@Nullable JobProgress progress) {
        return progress == null
                ? null
                : new JsonObject()
                        .put("image", progress.image())
                        .put("images", progress.images())
                        .put("stage", progress.stage())
                        .put("step", progress.step())
                        .put("steps", progress.steps())
                        .put("eta_seconds", progress.etaSeconds());
    }

    /** Returns a page of jobs. */
    JsonObject page(JobPage page) {
        JsonArray requests = new JsonArray();
        page.jobs()
                .forEach(job ->
                        requests.add(status(job).put("model", job.request().model())));
        return new JsonObject().put("requests", requests).put("next_cursor", page.nextCursor());
    }

    /**
     * Returns what a job drew; its outputs only once nothing can be added to them.
     *
     * @param baseUrl what links begin with, without a slash at its end
     */
    JsonObject result(Job job, String baseUrl) {
        boolean complete = job.state() == JobState.SUCCEEDED || job.state() == JobState.CANCELED;
        JsonObject json = new JsonObject()
                .put("request_id", job.id())
                .put("status", state(job.state()))
                .put("outputs", complete ? outputs(job, baseUrl) : null);
        if (job.state() == JobState.FAILED && !job.images().isEmpty()) {
            json.put("partial_outputs", outputs(job, baseUrl));
        }
        return putError(json, job.error())
                .put("created_at", timestamp(job.createdAt()))
                .put("finished_at", timestamp(job.finishedAt()))
                .put("metadata", metadata(job));
    }

    /** Returns a model's entry in the list. The reference's last two are for models that draw videos. */
    JsonObject model(PipelineDescriptor model) {
        return new JsonObject()
                .put("id", model.modelId())
                .put("base_model", model.baseModel())
                .put("resolution_divisor", model.resolutionDivisor())
                .put("default_steps", model.defaults().steps())
                .put("default_guidance_scale", model.defaults().guidanceScale())
                .put("requires_control_image", model.requiresControlImage())
                .put("is_video_model", false)
                .putNull("default_num_frames")
                .putNull("default_fps");
    }

    /** Returns the URL of an image. */
    static String imageLink(String baseUrl, String jobId, String index) {
        return link(baseUrl, jobId, "images/" + index);
    }

    private static String link(String baseUrl, String jobId, String path) {
        return baseUrl + "/v1/requests/" + jobId + "/" + path;
    }

    private static JsonObject putError(JsonObject json, @Nullable JobError error) {
        json.put("error", error == null ? null : error.message());
        return error == null
                ? json
                : json.put("error_code", error.code().name()).put("error_details", new JsonObject(error.details()));
    }

    private static JsonObject outputs(Job job, String baseUrl) {
        JsonArray images = new JsonArray();
        job.images().forEach(image -> images.add(image(job, image, baseUrl)));
        return new JsonObject().put("images", images).put("videos", new JsonArray());
    }

    private static JsonObject image(Job job, OutputImage image, String baseUrl) {
        ImageSize size = image.effective().size();
        return new JsonObject()
                .put("index", image.index())
                .put("format", image.format().id())
                .put("width", size.width())
                .put("height", size.height())
                .put("file_path", image.filePath())
                .put("url", imageLink(baseUrl, job.id(), Integer.toString(image.index())))
                .put("seed", unsigned(image.effective().plan().seed()))
                .put("effective", effective(image));
    }

    private static JsonObject effective(OutputImage image) {
        EffectiveSettings settings = image.effective();
        JsonArray loras = new JsonArray();
        image.adapters().forEach(report -> loras.add(adapter(report)));
        return new JsonObject()
                .put("width", settings.size().width())
                .put("height", settings.size().height())
                .put("steps", settings.plan().steps())
                .put("evaluations", settings.evaluations())
                .put("guidance_scale", settings.guidanceScale())
                .put("sigmas", new JsonArray(settings.sigmas()))
                .put("seed", unsigned(settings.plan().seed()))
                .put("profile", settings.plan().profile().id())
                .put("prompt_tokens", settings.details().get(EffectiveSettings.PROMPT_TOKENS))
                .put("negative_prompt_tokens", settings.details().get(EffectiveSettings.NEGATIVE_PROMPT_TOKENS))
                .put("truncated", settings.details().get(EffectiveSettings.TRUNCATED))
                .put("loras", loras);
    }

    /** Returns an adapter file's entry in the list. */
    JsonObject adapter(ListedAdapter adapter) {
        return new JsonObject()
                .put("path", adapter.path())
                .put("size", adapter.size())
                .put("modified_at", timestamp(adapter.modified()));
    }

    /** Returns what an adapter file holds and what a model would apply of it. */
    JsonObject inspected(String path, String model, InspectedAdapter inspected) {
        AdapterReport report = inspected.inspection().report();
        return new JsonObject()
                .put("path", path)
                .put("model", model)
                .put("size", inspected.size())
                .put("sha256", inspected.sha256())
                .put("applied", inspected.inspection().applies())
                .put("problem", problem(inspected.inspection()))
                .mergeIn(holdings(report))
                .put("metadata", new JsonObject(new TreeMap<>(report.metadata())));
    }

    private static @Nullable JsonObject problem(AdapterInspection inspection) {
        AdapterInspection.Problem problem = inspection.problem();
        return problem == null
                ? null
                : new JsonObject().put("code", problem.code().name()).put("message", problem.message());
    }

    private static JsonObject adapter(AdapterReport report) {
        return new JsonObject()
                .put("name", report.name())
                .put("multiplier", report.multiplier())
                .mergeIn(holdings(report));
    }

    private static JsonObject holdings(AdapterReport report) {
        AdapterReport.Keys unmatched = report.unmatched();
        return new JsonObject()
                .put("matched", report.matchedKeys())
                .put("partly_matched", report.partlyMatched().count())
                .put("unmatched", unmatched.count())
                .put("unmatched_keys", new JsonArray(unmatched.first()))
                .put("modules", report.modules())
                .put("form", report.form())
                .put("ranks", new JsonArray(report.ranks()))
                .put("alphas", new JsonArray(report.alphas()))
                .put("dtypes", new JsonArray(report.dtypes()));
    }

    private static @Nullable JsonObject metadata(Job job) {
        JobTimings timings = job.timings();
        Instant started = job.startedAt();
        Instant finished = job.finishedAt();
        if (job.state() != JobState.SUCCEEDED || timings == null || started == null || finished == null) {
            return null;
        }
        return new JsonObject()
                .put("model", job.request().model())
                .put("inference_time", Duration.between(started, finished).toNanos() / 1e9)
                .put("timings", timings(job, timings));
    }

    private static JsonObject timings(Job job, JobTimings timings) {
        JsonArray prompts = new JsonArray();
        job.images()
                .forEach(image -> prompts.add(new JsonObject()
                        .put("generate", image.generateSeconds())
                        .put("save", image.saveSeconds())));
        return new JsonObject()
                .put("get_pipeline", timings.getPipeline())
                .put(
                        "pipeline_details",
                        new JsonObject()
                                .put("cache_hit", timings.cacheHit())
                                .put("cache_action", timings.cacheAction()))
                .put("prompts", prompts)
                .put("inference_total", timings.inferenceTotal());
    }

    /** Returns the name of a state. */
    static String state(JobState state) {
        return switch (state) {
            case QUEUED -> "in_queue";
            case RUNNING -> "in_progress";
            case SUCCEEDED -> "succeeded";
            case FAILED -> "failed";
            case CANCELED -> "canceled";
        };
    }

    /** Returns a time in the form of all answers; null for none. */
    static @Nullable String timestamp(@Nullable Instant instant) {
        return instant == null ? null : TIMESTAMP.format(instant);
    }

    private static Number unsigned(long value) {
        return value >= 0 ? (Number) value : new BigInteger(Long.toUnsignedString(value));
    }
}
