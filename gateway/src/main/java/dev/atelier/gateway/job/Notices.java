package dev.atelier.gateway.job;

import io.vertx.core.Vertx;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells those of this process who wait for changes. */
final class Notices {
    private static final Logger LOG = LoggerFactory.getLogger(Notices.class);

    private final Vertx vertx;
    private final StoreObserver observer;

    Notices(Vertx vertx, StoreObserver observer) {
        this.vertx = vertx;
        this.observer = observer;
    }

    // What is committed has succeeded, whatever becomes of the news.
    void committed(Transaction transaction) {
        transaction.notices().forEach(this::tell);
        transaction.ended().forEach(job -> count(() -> observer.ended(job)));
        transaction.requeued().forEach(fault -> count(() -> observer.requeued(fault)));
    }

    private static void count(Runnable counting) {
        try {
            counting.run();
        } catch (RuntimeException e) {
            LOG.error("a change of a job was not counted", e);
        }
    }

    void tell(Notice notice) {
        try {
            vertx.eventBus().publish(notice.address(), notice.id());
        } catch (IllegalStateException e) {
            LOG.debug("nobody listens any more", e);
        }
    }
}
