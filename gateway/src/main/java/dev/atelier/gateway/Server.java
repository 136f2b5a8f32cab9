package dev.atelier.gateway;

import dev.atelier.gateway.log.Console;
import dev.atelier.gateway.log.Redaction;
import dev.atelier.gateway.worker.DeviceAgent;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A gateway as a process: started, announced, drained and closed when the process is told to end. */
final class Server {
    private static final Logger LOG = LoggerFactory.getLogger(Server.class);
    static final long CLOSE_SECONDS = 30;

    private Server() {}

    /** Starts the gateway; returns the exit code when that fails, else -1. */
    static int start(GatewayConfig config, Foundation foundation, Console console) {
        config.hfToken().ifPresent(Redaction::hide);
        Vertx vertx = foundation.vertx();
        HeapGuard.watch(vertx, Server::endForLoss);
        Duration draining = config.http().patience().draining();
        GatewayVerticle gateway =
                new GatewayVerticle(config, foundation, new LossHandler(vertx, draining, Server::endForLoss));
        BooleanSupplier ending = Signals.onEnd(() -> {
            drain(gateway, draining);
            close(foundation, console);
        });
        try {
            vertx.deployVerticle(gateway).await();
        } catch (Throwable e) {
            if (ending.getAsBoolean()) {
                return -1;
            }
            console.fail(reason(e));
            close(foundation, console);
            return e instanceof ConfigException ? Main.REFUSED : Main.FAILED;
        }
        console.say(gateway.announcement());
        return -1;
    }

    /**
     * The platform is to replace the process. Halted: what a hook would close may wait for the dead device for ever.
     */
    private static void endForLoss() {
        Runtime.getRuntime().halt(DeviceAgent.DEVICE_LOST_EXIT);
    }

    private static String reason(Throwable failure) {
        Throwable cause = failure;
        while (cause.getMessage() == null && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause.getMessage() == null ? cause.toString() : cause.getMessage();
    }

    private static void drain(GatewayVerticle gateway, Duration patience) {
        try {
            gateway.drain().await(Math.max(1, patience.toMillis()), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            LOG.warn("jobs are still drawn after {} s; they go back into the queue", patience.toSeconds());
        }
    }

    private static void close(Foundation foundation, Console console) {
        try {
            foundation.vertx().close().await(CLOSE_SECONDS, TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            console.fail("still busy after " + CLOSE_SECONDS + " s; ending anyway");
            Runtime.getRuntime().halt(0); // a hook would free the runtime under the thread that is still busy
        } finally {
            foundation.tracing().close();
            foundation.metrics().close();
        }
    }
}
