package dev.atelier.gateway.http;

import dev.atelier.gateway.adapter.AdapterFiles;
import dev.atelier.gateway.adapter.remote.RemoteFiles;
import dev.atelier.plugin.PipelineDescriptor;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.openapi.router.RouterBuilder;

/** The adapters that requests may name, and what they hold. */
final class LoraRoutes {
    private final Submission submission;
    private final AdapterFiles adapters;
    private final MissingLora missing;
    private final RequestCodec codec;

    LoraRoutes(Submission submission, AdapterFiles adapters, RequestCodec codec) {
        this.submission = submission;
        this.adapters = adapters;
        this.missing = new MissingLora(adapters);
        this.codec = codec;
    }

    void bind(RouterBuilder router) {
        Operations.bind(router, "listLoras", this::list);
        Operations.bind(router, "inspectLora", this::inspect);
    }

    private void list(RoutingContext context) {
        adapters.list()
                .onSuccess(listed -> {
                    JsonArray loras = new JsonArray();
                    listed.forEach(adapter -> loras.add(codec.adapter(adapter)));
                    Operations.answer(context, new JsonObject().put("loras", loras));
                })
                .onFailure(context::fail);
    }

    private void inspect(RoutingContext context) {
        JsonObject body = Operations.body(context);
        String path = body.getString("path");
        Future.succeededFuture(body.getString("model"))
                .map(submission::model)
                .map(PipelineDescriptor.class::cast)
                .compose(model -> adapters.inspect(
                                path, model, body.getString("hf_token"), StreamLimit.client(context), gone(context))
                        .recover(failure -> missing.explain(failure, path, Caller.of(context)))
                        .map(inspected -> codec.inspected(RemoteFiles.name(path), model.modelId(), inspected)))
                .onSuccess(answer -> Operations.answer(context, answer))
                .onFailure(context::fail);
    }

    /** Returns what completes when the client disconnects before it has its answer. */
    private static Future<Void> gone(RoutingContext context) {
        Promise<Void> gone = Promise.promise();
        context.addEndHandler(end -> {
            if (end.failed()) {
                gone.tryComplete();
            }
        });
        if (context.response().closed()) {
            gone.tryComplete();
        }
        return gone.future();
    }
}
