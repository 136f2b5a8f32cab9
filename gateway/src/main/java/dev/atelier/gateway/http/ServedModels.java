package dev.atelier.gateway.http;

import dev.atelier.gateway.job.GatewayInfo;
import dev.atelier.gateway.job.JobStore;
import dev.atelier.gateway.registry.ModelCatalog;
import dev.atelier.plugin.PipelineDescriptor;
import java.util.List;

/**
 * The models that are declared here and that some gateway can draw now: this one, if it draws at all, or another one
 * that shares the store. Costs nothing.
 */
final class ServedModels {
    private final ModelCatalog catalog;
    private final JobStore store;

    ServedModels(ModelCatalog catalog, JobStore store) {
        this.catalog = catalog;
        this.store = store;
    }

    boolean isServed(String model) {
        boolean drawsHere = true;
        for (GatewayInfo gateway : store.gateways()) {
            if (!gateway.id().equals(store.gatewayId())) {
                if (gateway.served().contains(model)) {
                    return true;
                }
            } else {
                drawsHere = !gateway.isGatewayOnly();
            }
        }
        return drawsHere && catalog.servable(model);
    }

    /** Returns those models in the catalog's order. */
    List<PipelineDescriptor> all() {
        return catalog.declared().stream()
                .filter(model -> isServed(model.modelId()))
                .toList();
    }

    List<String> ids() {
        return all().stream().map(PipelineDescriptor::modelId).toList();
    }
}
