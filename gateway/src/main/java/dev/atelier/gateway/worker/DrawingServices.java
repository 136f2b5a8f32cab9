package dev.atelier.gateway.worker;

import dev.atelier.gateway.adapter.AdapterFiles;
import dev.atelier.gateway.checkpoint.CheckpointStore;
import dev.atelier.gateway.job.JobStore;
import dev.atelier.gateway.metrics.GatewayMetrics;
import dev.atelier.gateway.output.OutputStore;
import dev.atelier.gateway.registry.ModelCatalog;
import dev.atelier.gateway.tracing.Tracing;

/**
 * What a device works with; shared by all devices.
 *
 * @param store where jobs come from and results go
 * @param catalog the models
 * @param checkpoints where their weights are
 * @param adapters where adapters are
 * @param outputs where pictures go
 * @param metrics what is counted
 * @param tracing where spans go
 */
public record DrawingServices(
        JobStore store,
        ModelCatalog catalog,
        CheckpointStore checkpoints,
        AdapterFiles adapters,
        OutputStore outputs,
        GatewayMetrics metrics,
        Tracing tracing) {
    /** Services that trace nothing. */
    public DrawingServices(
            JobStore store,
            ModelCatalog catalog,
            CheckpointStore checkpoints,
            AdapterFiles adapters,
            OutputStore outputs,
            GatewayMetrics metrics) {
        this(store, catalog, checkpoints, adapters, outputs, metrics, Tracing.OFF);
    }
}
