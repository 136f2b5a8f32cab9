package dev.atelier.gateway;

import dev.atelier.gateway.worker.Loss;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiConsumer;

/**
 * How a process ends that lost a device: it takes nothing new, the other devices finish what they draw or put it back,
 * and whoever watches is told of the loss before it is gone with the process. Without memory it ends at once.
 */
final class LossHandler implements BiConsumer<GatewayVerticle, Loss> {
    /** How long it waits for somebody to look. */
    private static final Duration SCRAPE_PATIENCE = Duration.ofSeconds(30);
    /** How long a drawing may take to heed that it is to stop. */
    private static final Duration STOP_PATIENCE = Duration.ofSeconds(Server.CLOSE_SECONDS);

    private final Vertx vertx;
    private final Duration draining;
    private final Runnable end;
    private final AtomicBoolean begun = new AtomicBoolean();

    /**
     * Creates it.
     *
     * @param draining how long what is drawn may go on
     * @param end ends the process
     */
    LossHandler(Vertx vertx, Duration draining, Runnable end) {
        this.vertx = vertx;
        this.draining = draining;
        this.end = end;
    }

    @Override
    public void accept(GatewayVerticle gateway, Loss loss) {
        if (loss == Loss.HEAP) {
            end.run();
        } else if (begun.compareAndSet(false, true)) {
            Future<?> told = within(SCRAPE_PATIENCE, gateway.scraped());
            Future<?> finished =
                    within(draining, gateway.drain()).transform(drained -> within(STOP_PATIENCE, gateway.putBack()));
            Future.join(told, finished).onComplete(done -> end.run());
        }
    }

    private Future<?> within(Duration patience, Future<Void> future) {
        return Future.any(future, vertx.timer(Math.max(1, patience.toMillis()), TimeUnit.MILLISECONDS));
    }
}
