package dev.atelier.gateway.http;

import dev.atelier.gateway.job.Job;
import dev.atelier.gateway.job.JobEvent;
import dev.atelier.gateway.job.JobState;
import io.vertx.core.json.JsonObject;
import java.util.Map;
import java.util.TreeMap;

/** Writes what happened to a job as clients read it. */
final class EventCodec {
    private final String baseUrl;

    /** Writes links below a base URL, which has no slash at its end. */
    EventCodec(String baseUrl) {
        this.baseUrl = baseUrl;
    }

    /** Returns an event for the stream of a job. */
    EventStream.Event event(Job job, JobEvent event) {
        JsonObject data = new JsonObject().put("request_id", job.id()).put("at", RequestCodec.timestamp(event.at()));
        Map<String, Object> stored = new TreeMap<>(event.data());
        switch (event.type()) {
            case IMAGE ->
                stored.put("url", RequestCodec.imageLink(baseUrl, job.id(), String.valueOf(stored.get("image"))));
            case FINISHED -> {
                Object state = stored.remove("state");
                stored.put("status", RequestCodec.state(JobState.valueOf(String.valueOf(state))));
            }
            default -> {}
        }
        stored.forEach(data::put);
        return new EventStream.Event(event.seq(), event.type().id(), data, event.type() == JobEvent.Type.FINISHED);
    }
}
