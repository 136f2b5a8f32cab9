package dev.atelier.gateway.worker;

import dev.atelier.gateway.job.Job;
import dev.atelier.gateway.job.JobEvent;
import dev.atelier.gateway.job.JobEvent.Draft;
import dev.atelier.gateway.job.JobProgress;
import dev.atelier.gateway.job.JobStore;
import dev.atelier.plugin.GenerationPlan;
import dev.atelier.plugin.Stage;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Stores how far an attempt is, at most five times a second: steps in between are merged into the latest. Progress only
 * moves forward, image by image, in each through the stages in order and through the steps: a report that is late, or
 * repeats another, is dropped, and the estimate of the time left only falls. Lives on one event loop.
 */
final class ProgressReport {
    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(200);
    private static final int MOST_STAGES = 8;
    private static final String BYTES = "bytes";

    private final Vertx vertx;
    private final Job job;
    private final JobStore store;
    private final JobCancellation cancellation;
    private final List<Draft> pending = new ArrayList<>();
    private @Nullable JobProgress latest;
    private Stage reached = Stage.LOAD_ADAPTERS;
    private long bytes;
    private double secondsPerStep;
    private @Nullable Double eta;
    /** The latest statement, so that one begins when the one before it has ended. */
    private Future<?> writing = Future.succeededFuture();

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

    /** A stage began; more tells of it what only it has, such as the bytes of a download, which tell it again. */
    void stage(int image, Stage stage, Map<String, Object> more) {
        JobProgress before = before(image);
        long told = more.get(BYTES) instanceof Number number ? number.longValue() : -1;
        boolean again = before != null && stage == reached && told <= bytes;
        if (ended || isPast(image) || before != null && stage.compareTo(reached) < 0 || again) {
            return;
        }
        reached = stage;
        bytes = told;
        int step = before == null ? 0 : before.step();
        int steps = before == null ? job.request().plans().get(image).steps() : before.steps();
        tell(
                new JobProgress(image, images(), stage.id(), step, steps, eta(image, step, steps)),
                JobEvent.Type.STAGE,
                more);
    }

    /**
     * A step ended.
     *
     * @param seconds how long it took
     * @param more such as a preview
     */
    void step(int image, int step, int steps, double seconds, Map<String, Object> more) {
        JobProgress before = before(image);
        int last = before == null ? 0 : before.step();
        boolean late = before != null && reached.compareTo(Stage.DENOISE) > 0;
        if (ended || isPast(image) || late || step <= last || step > steps) {
            return;
        }
        reached = Stage.DENOISE;
        secondsPerStep = secondsPerStep == 0 ? seconds : 0.8 * secondsPerStep + 0.2 * seconds;
        tell(
                new JobProgress(image, images(), reached.id(), step, steps, eta(image, step, steps)),
                JobEvent.Type.STEP,
                more);
    }

    private boolean isPast(int image) {
        return latest != null && image < latest.image();
    }

    /** Returns the progress of an image; null before its first report. */
    private @Nullable JobProgress before(int image) {
        return latest != null && latest.image() == image ? latest : null;
    }

    /**
     * Stores what is not stored yet together with something of the caller's, in order with all other progress.
     *
     * @param statement takes what happened
     */
    <T> Future<T> storeWith(Function<List<Draft>, Future<T>> statement) {
        Future<T> written = writing.transform(before -> {
            List<Draft> taken = List.copyOf(pending);
            pending.clear();
            return statement.apply(taken);
        });
        writing = written;
        return written.onComplete(done -> schedule());
    }

    /** Stores nothing any more. */
    void end() {
        ended = true;
        pending.clear();
    }

    private int images() {
        return job.request().plans().size();
    }

    private @Nullable Double eta(int image, int step, int steps) {
        if (secondsPerStep == 0) {
            return null;
        }
        List<GenerationPlan> later = job.request().plans().subList(image + 1, images());
        int left = steps - step + later.stream().mapToInt(GenerationPlan::steps).sum();
        double seconds = Math.round(left * secondsPerStep * 1000) / 1000.0;
        eta = eta == null ? seconds : Math.min(eta, seconds);
        return eta;
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
        if (!writing.isComplete() || waiting || ended || pending.isEmpty()) {
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
        if (progress != null) {
            lastWrite = System.nanoTime();
            storeWith(drafts -> store.recordProgress(job.id(), job.attempt(), progress, drafts))
                    .onSuccess(cancellation::cancelIf);
        }
    }
}
