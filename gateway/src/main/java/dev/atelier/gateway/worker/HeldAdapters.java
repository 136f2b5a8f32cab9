package dev.atelier.gateway.worker;

import dev.atelier.gateway.adapter.AdapterFiles;
import dev.atelier.gateway.adapter.FetchedAdapter;
import dev.atelier.gateway.job.AdapterReference;
import dev.atelier.gateway.job.Job;
import dev.atelier.plugin.AdapterFile;
import dev.atelier.plugin.Cancellation;
import dev.atelier.plugin.PipelineDescriptor;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** The adapters of one attempt at a job: fetched together, and held until the attempt ends. Lives on one event loop. */
final class HeldAdapters {
    private final AdapterFiles adapters;
    private final Job job;
    private final Consumer<Map<String, Object>> tell;
    private final List<FetchedAdapter> held = new ArrayList<>();
    private boolean released;

    /**
     * Creates it.
     *
     * @param tell hears on any thread how far downloads are
     */
    HeldAdapters(AdapterFiles adapters, Job job, Consumer<Map<String, Object>> tell) {
        this.adapters = adapters;
        this.job = job;
        this.tell = tell;
    }

    /** Fetches all of them; fails with the first that fails. */
    Future<List<AdapterFile>> fetch(PipelineDescriptor model, Cancellation cancellation) {
        List<Future<AdapterFile>> files = new ArrayList<>();
        DownloadProgress progress =
                new DownloadProgress(job.request().adapters().size(), tell);
        for (AdapterReference reference : job.request().adapters()) {
            files.add(adapters.fetch(reference, model, progress.of(files.size()), cancellation)
                    .onSuccess(this::hold)
                    .map(FetchedAdapter::file));
        }
        return Future.all(files).map(all -> all.list());
    }

    private void hold(FetchedAdapter adapter) {
        if (released) {
            adapter.release(); // another one has failed meanwhile
        } else {
            held.add(adapter);
        }
    }

    /** Lets them go, also those that are still to come. */
    void release() {
        released = true;
        held.forEach(FetchedAdapter::release);
        held.clear();
    }
}
