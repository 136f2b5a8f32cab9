package dev.atelier.gateway.log;

import io.vertx.core.internal.VertxBootstrap;
import io.vertx.core.spi.VertxServiceProvider;
import io.vertx.core.spi.context.storage.ContextLocal;

/** Makes room for {@link LogFields} in every context: Vert.x asks before it makes the first one. */
public final class LogFieldsProvider implements VertxServiceProvider {
    private final ContextLocal<LogFields> registered = LogFields.LOCAL;

    @Override
    public void init(VertxBootstrap bootstrap) {
        if (registered == null) {
            throw new IllegalStateException("the fields of log lines have no place in a context");
        }
    }
}
