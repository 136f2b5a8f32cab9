package dev.atelier.gateway.worker;

import dev.atelier.gateway.job.Job;
import dev.atelier.gateway.job.JobEvent;
import dev.atelier.gateway.job.JobEvent.Draft;
import dev.atelier.gateway.job.JobProgress;
import dev.atelier.gateway.job.JobStore;
import dev.atelier.plugin.GenerationPlan;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Stores how far an attempt is, at most five times a second: steps in between are merged into the latest. Lives on one
 * event loop.
 */
final class ProgressReport {
    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(200);
    private static final int MOST_STAGES = 8;

    private final Vertx vertx;
    private final Job job;
    private final JobStore store;
    private final JobCancellation cancellation;
    private final List<Draft> pending = new ArrayList<>();
    private @Nullable JobProgress latest;
    private double secondsPerStep;
    private boolean writing;
    private boolean waiting;
    private boolean ended;
    // A picture that is drawn at once is stored together with its news.
    private long lastWrite = System.nanoTime() - PAUSE_NANOS / 2;

    ProgressReport(Vertx vertx, Job job, JobStore store, JobCancellation cancellation) {
        this.vertx = vertx;
        this.job = job;
        this.store = store;
        this.cancellation = cancellation;
    }

    /** A stage began; more tells of it what only it has. */
    void stage(int image, String stage, Map<String, Object> more) {
        JobProgress progress = new JobProgress(image, images(), stage, 0, steps(image), eta(image, 0));
        tell(progress, JobEvent.Type.STAGE, more);
    }

    /**
     * A step ended.
     *
     * @param seconds how long it took
     * @param more such as a preview
     */
    void step(int image, int step, int steps, double seconds, Map<String, Object> more) {
        secondsPerStep = secondsPerStep == 0 ? seconds : 0.8 * secondsPerStep + 0.2 * seconds;
        String stage = latest == null ? "" : latest.stage();
        tell(new JobProgress(image, images(), stage, step, steps, eta(image, step)), JobEvent.Type.STEP, more);
    }

    /** Takes what is not stored yet, to be stored together with a picture. */
    List<Draft> take() {
        List<Draft> taken = List.copyOf(pending);
        pending.clear();
        return taken;
    }

    /** Stores nothing any more. */
    void end() {
        ended = true;
        pending.clear();
    }

    private int images() {
        return job.request().plans().size();
    }

    private int steps(int image) {
        return job.request().plans().get(image).steps();
    }

    private @Nullable Double eta(int image, int step) {
        if (secondsPerStep == 0) {
            return null;
        }
        List<GenerationPlan> later = job.request().plans().subList(image + 1, images());
        int left = Math.max(0, steps(image) - step)
                + later.stream().mapToInt(GenerationPlan::steps).sum();
        return Math.round(left * secondsPerStep * 1000) / 1000.0;
    }

    private void tell(JobProgress progress, JobEvent.Type type, Map<String, Object> more) {
        latest = progress;
        Draft draft = new Draft(type, data(progress, type, more));
        Draft before = pending.isEmpty() ? null : pending.get(pending.size() - 1);
        if (before != null && isSameStage(before, draft)) {
            pending.remove(pending.size() - 1);
            draft = withPreviewOf(before, draft);
        } else if (pending.size() >= MOST_STAGES) {
            pending.remove(pending.size() - 1);
        }
        pending.add(draft);
        schedule();
    }

    /** A preview that nobody has seen yet is still the newest. */
    private static Draft withPreviewOf(Draft before, Draft now) {
        Object preview = before.data().get(PreviewImage.KEY);
        if (preview == null || now.data().containsKey(PreviewImage.KEY)) {
            return now;
        }
        Map<String, Object> data = new HashMap<>(now.data());
        data.put(PreviewImage.KEY, preview);
        return new Draft(now.type(), data);
    }

    private static boolean isSameStage(Draft before, Draft now) {
        return before.type() == now.type()
                && Objects.equals(before.data().get("image"), now.data().get("image"))
                && Objects.equals(before.data().get("stage"), now.data().get("stage"));
    }

    private static Map<String, Object> data(JobProgress progress, JobEvent.Type type, Map<String, Object> more) {
        Map<String, Object> data = new HashMap<>(more);
        data.put("image", progress.image());
        data.put("images", progress.images());
        data.put("stage", progress.stage());
        data.put("steps", progress.steps());
        if (type == JobEvent.Type.STEP) {
            data.put("step", progress.step());
        }
        if (progress.etaSeconds() != null) {
            data.put("eta_seconds", progress.etaSeconds());
        }
        return data;
    }

    private void schedule() {
        if (writing || waiting || ended || pending.isEmpty()) {
            return;
        }
        long left = PAUSE_NANOS - (System.nanoTime() - lastWrite);
        if (left <= 0) {
            write();
            return;
        }
        waiting = true;
        vertx.timer(Math.max(1, TimeUnit.NANOSECONDS.toMillis(left)), TimeUnit.MILLISECONDS)
                .onSuccess(elapsed -> {
                    waiting = false;
                    schedule();
                });
    }

    // What cannot be stored is lost: the next news says more. The store says at the same time whether to go on.
    private void write() {
        JobProgress progress = latest;
        if (progress == null) {
            return;
        }
        writing = true;
        lastWrite = System.nanoTime();
        store.recordProgress(job.id(), job.attempt(), progress, take())
                .onSuccess(cancellation::cancelIf)
                .onComplete(done -> {
                    writing = false;
                    schedule();
                });
    }
}
