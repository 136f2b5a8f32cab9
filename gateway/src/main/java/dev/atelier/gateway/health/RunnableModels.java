package dev.atelier.gateway.health;

import dev.atelier.gateway.metrics.ModelMetrics;
import dev.atelier.gateway.registry.ModelCatalog;
import dev.atelier.plugin.PipelineDescriptor;
import io.vertx.core.Future;
import java.util.List;
import java.util.Optional;

/** Whether any model can run here: its plugin has started, its checkpoint is there, and it opened unless untried. */
public final class RunnableModels implements Probe {
    private final ModelCatalog catalog;
    private final ModelMetrics models;

    /** Creates the probe. */
    public RunnableModels(ModelCatalog catalog, ModelMetrics models) {
        this.catalog = catalog;
        this.models = models;
    }

    @Override
    public Future<Optional<String>> look() {
        List<String> declared =
                catalog.declared().stream().map(PipelineDescriptor::modelId).toList();
        List<String> served = catalog.servedIds();
        models.declared(declared, served);
        return Future.succeededFuture(
                served.stream().anyMatch(models::canRun) ? Optional.empty() : Optional.of(why(declared, served)));
    }

    private String why(List<String> declared, List<String> served) {
        if (!served.isEmpty()) {
            return "no model opens: " + String.join(", ", served);
        }
        return declared.stream()
                .flatMap(model -> catalog.whyNotServable(model).stream().map(reason -> model + ": " + reason))
                .findFirst()
                .orElse("no plugin declares a model");
    }
}
