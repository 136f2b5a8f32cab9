package dev.atelier.gateway;

import dev.atelier.gateway.http.ApiContract;
import dev.atelier.gateway.metrics.GatewayMetrics;
import dev.atelier.gateway.tracing.Tracing;
import io.vertx.core.Vertx;
import io.vertx.core.VertxBuilder;
import io.vertx.core.VertxOptions;
import io.vertx.core.json.JsonObject;
import java.util.concurrent.CompletableFuture;
import org.slf4j.LoggerFactory;
import org.slf4j.bridge.SLF4JBridgeHandler;

/**
 * What a gateway stands on whatever its settings are. Laid on other threads while the command line is still being read,
 * because a start is bound by the processor.
 *
 * @param metrics what is counted
 * @param tracing where spans go
 * @param vertx with both
 * @param contract the contract as it is written, once it is read
 */
record Foundation(GatewayMetrics metrics, Tracing tracing, Vertx vertx, CompletableFuture<JsonObject> contract) {
    /** Lays a foundation; blocks. */
    static Foundation lay() {
        return lay(Tracing.ofProcess());
    }

    /** Lays a foundation for a gateway that traces so; blocks. */
    static Foundation lay(Tracing tracing) {
        LoggerFactory.getILoggerFactory(); // once, before two threads ask for it at the same time and it says so
        SLF4JBridgeHandler.removeHandlersForRootLogger();
        SLF4JBridgeHandler.install();
        CompletableFuture<JsonObject> contract = CompletableFuture.supplyAsync(ApiContract::read);
        GatewayMetrics metrics = new GatewayMetrics();
        BuildInfo build = BuildInfo.read();
        metrics.build(build.version(), build.pluginApi(), build.onnxruntime(), BuildInfo.java());
        VertxBuilder builder = Vertx.builder()
                .with(new VertxOptions().setMetricsOptions(metrics.vertxOptions()))
                .withMetrics(metrics.vertxFactory());
        Vertx vertx = tracing.attach(builder).build();
        return new Foundation(metrics, tracing, vertx, contract);
    }
}
