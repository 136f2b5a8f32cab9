package dev.atelier.gateway.adapter.remote;

import java.io.IOException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A name of the cache that is in use. Blocks. */
final class Lease implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Lease.class);

    private final Leases leases;
    private final String name;
    private final AtomicBoolean closed = new AtomicBoolean();

    Lease(Leases leases, String name) {
        this.leases = leases;
        this.name = name;
    }

    /** Ends the use. */
    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            leases.release(name);
            try {
                leases.close();
            } catch (IOException e) {
                LOG.warn("cannot close the lock file of the download cache", e);
            }
        }
    }
}
