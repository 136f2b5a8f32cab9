package dev.atelier.gateway.http;

import dev.atelier.gateway.job.Job;
import dev.atelier.gateway.job.JobStore;
import dev.atelier.gateway.job.OutputImage;
import dev.atelier.gateway.output.OutputStore;
import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.file.OpenOptions;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.openapi.router.RouterBuilder;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Function;

/** Everything about a request that was submitted: its status, its result, its pictures. */
final class RequestRoutes {
    private final JobLookup jobs;
    private final OutputStore outputs;
    private final RequestCodec codec;

    RequestRoutes(JobStore store, OutputStore outputs, RequestCodec codec) {
        this.jobs = new JobLookup(store);
        this.outputs = outputs;
        this.codec = codec;
    }

    void bind(RouterBuilder router) {
        Operations.bind(router, "getRequestStatus", context -> answer(context, codec::status));
        Operations.bind(
                router,
                "getRequestResult",
                context -> answer(
                        context, job -> codec.result(job, ClientView.of(context).baseUrl())));
        Operations.bind(router, "getRequestImage", this::image);
    }

    private void answer(RoutingContext context, Function<Job, JsonObject> encode) {
        jobs.find(context)
                .map(encode)
                .onSuccess(json -> Operations.answer(context, json))
                .onFailure(context::fail);
    }

    private void image(RoutingContext context) {
        String index = Operations.pathParameter(context, "index");
        jobs.find(context)
                .compose(job -> {
                    OutputImage image = picture(job, index);
                    return outputs.resolve(image)
                            .map(file -> file.orElseThrow(() -> noPicture(job.id(), index)))
                            .compose(file -> answer(context, image, file));
                })
                .onFailure(context::fail);
    }

    private static Future<Void> answer(RoutingContext context, OutputImage image, Path file) {
        // the recorded path never changes and is never written twice, so it names the bytes
        String tag = "\"" + file.getFileName() + "\"";
        MultiMap headers = MultiMap.caseInsensitiveMultiMap()
                .add(HttpHeaders.ETAG, tag)
                .add(HttpHeaders.CACHE_CONTROL, "private, max-age=31536000, immutable");
        String known = context.request().getHeader(HttpHeaders.IF_NONE_MATCH);
        if (known != null && (known.contains(tag) || known.strip().equals("*"))) {
            context.response().headers().addAll(headers);
            return context.response().setStatusCode(304).end();
        }
        headers.add(HttpHeaders.CONTENT_TYPE, image.format().mediaType());
        return send(context, file, headers);
    }

    /** Sends a file piece by piece. {@code HttpServerResponse.sendFile} would open and read it on the event loop. */
    private static Future<Void> send(RoutingContext context, Path file, MultiMap headers) {
        OpenOptions reading = new OpenOptions().setWrite(false).setCreate(false);
        return context.vertx()
                .fileSystem()
                .open(file.toString(), reading)
                .compose(bytes -> bytes.size()
                        .compose(size -> {
                            HttpServerResponse response = context.response();
                            response.headers().addAll(headers).set(HttpHeaders.CONTENT_LENGTH, Long.toString(size));
                            return HttpMethod.HEAD.equals(context.request().method())
                                    ? response.end()
                                    : bytes.pipeTo(response);
                        })
                        .eventually(bytes::close));
    }

    private static OutputImage picture(Job job, String index) {
        return job.images().stream()
                .filter(image -> String.valueOf(image.index()).equals(index))
                .findFirst()
                .orElseThrow(() -> noPicture(job.id(), index));
    }

    private static PipelineException noPicture(String id, String index) {
        return new PipelineException(
                ErrorCode.NOT_FOUND,
                "Request " + id + " has no picture " + index,
                Map.of("request_id", id, "index", index),
                null);
    }
}
