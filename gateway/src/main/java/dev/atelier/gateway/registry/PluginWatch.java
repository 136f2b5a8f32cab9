package dev.atelier.gateway.registry;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks after plugins and checkpoints while the gateway serves: what came, went or was exchanged in their folders is
 * taken up, devices are told, and the waiting jobs of models that are gone on purpose are given up.
 */
public final class PluginWatch {
    private static final Logger LOG = LoggerFactory.getLogger(PluginWatch.class);
    private static final long POLL_MILLIS = 2_000;
    /** A job may be on its way into the queue while its model goes, so giving up is repeated. */
    private static final int REPETITIONS = 5;

    private static final Duration LONGEST = Duration.ofHours(1);

    private final Vertx vertx;
    private final PluginRegistry plugins;
    private final ModelCatalog catalog;
    private final Function<String, Future<?>> abandon;
    private final WorkerExecutor executor;
    private final Map<String, Integer> leaving = new ConcurrentHashMap<>();
    private final AtomicBoolean looking = new AtomicBoolean();
    private long timer = -1;

    /**
     * Prepares to look after plugins.
     *
     * @param catalog made from these plugins
     * @param abandon gives up the waiting jobs of a model
     */
    public PluginWatch(Vertx vertx, PluginRegistry plugins, ModelCatalog catalog, Function<String, Future<?>> abandon) {
        this.vertx = vertx;
        this.plugins = plugins;
        this.catalog = catalog;
        this.abandon = abandon;
        this.executor = vertx.createSharedWorkerExecutor("atelier-plugins", 1, LONGEST.toSeconds(), TimeUnit.SECONDS);
        plugins.onChange(this::tell);
    }

    /** Begins to look every two seconds. */
    public void start() {
        timer = vertx.setPeriodic(POLL_MILLIS, due -> look());
    }

    /** Looks once; does nothing while an earlier look is still under way. */
    private void look() {
        abandonWhatIsGone();
        if (looking.compareAndSet(false, true)) {
            executor.executeBlocking(
                            () -> {
                                plugins.scan();
                                return catalog.refresh();
                            },
                            false)
                    .onComplete(looked -> looking.set(false))
                    .onSuccess(changed -> {
                        if (changed) {
                            tell(); // a checkpoint came or went
                        }
                    })
                    .onFailure(failure -> LOG.error("plugins cannot be looked after", failure));
        }
    }

    private void tell() {
        plugins.takeGone().forEach(model -> leaving.put(model, REPETITIONS));
        vertx.eventBus().publish(ModelCatalog.CHANGED, "");
        abandonWhatIsGone();
    }

    private void abandonWhatIsGone() {
        leaving.keySet().removeIf(catalog::servable);
        leaving.forEach((model, times) -> abandon.apply(model)
                .onSuccess(given -> leaving.computeIfPresent(model, (same, left) -> left > 1 ? left - 1 : null))
                .onFailure(
                        failure -> LOG.warn("jobs of model {} cannot be given up yet: {}", model, failure.toString())));
    }

    /** Looks no more. */
    public Future<Void> close() {
        vertx.cancelTimer(timer);
        return executor.close();
    }
}
