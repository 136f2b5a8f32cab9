package dev.atelier.gateway.http;

import io.vertx.core.Future;
import io.vertx.core.WorkerExecutor;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.json.Json;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.openapi.router.RequestExtractor;
import io.vertx.openapi.contract.MediaType;
import io.vertx.openapi.contract.Operation;
import io.vertx.openapi.contract.Parameter;
import io.vertx.openapi.contract.RequestBody;
import io.vertx.openapi.validation.RequestParameter;
import io.vertx.openapi.validation.ValidatableRequest;
import io.vertx.openapi.validation.impl.RequestParameterImpl;
import io.vertx.openapi.validation.impl.ValidatableRequestImpl;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Gives the router's validator the path parameters and the body of a request, read as leniently as the reference reads
 * them. Fails with everything that is wrong at once, where the validator would name one thing.
 */
final class RequestReader implements RequestExtractor {
    private final JsonObject contract;
    private final WorkerExecutor executor;

    /** Reads by this contract; large bodies are taken apart on the executor. */
    RequestReader(JsonObject contract, WorkerExecutor executor) {
        this.contract = contract;
        this.executor = executor;
    }

    @Override
    public Future<ValidatableRequest> extractValidatableRequest(RoutingContext context, Operation operation) {
        Map<String, RequestParameter> path;
        try {
            path = pathParameters(context, operation);
        } catch (InvalidRequest e) {
            return Future.failedFuture(e);
        }
        if (operation.getRequestBody() == null) {
            return Future.succeededFuture(new ValidatableRequestImpl(Map.of(), Map.of(), path, Map.of()));
        }
        Buffer bytes = context.body().buffer();
        String type = context.request().getHeader(HttpHeaders.CONTENT_TYPE);
        JsonObject schema = schema(operation);
        return executor.executeBlocking(() -> body(schema, bytes, type), false)
                .map(body -> new ValidatableRequestImpl(
                        Map.of(), Map.of(), path, Map.of(), new RequestParameterImpl(body), MediaTypes.JSON));
    }

    private Map<String, RequestParameter> pathParameters(RoutingContext context, Operation operation) {
        SchemaReader reader = new SchemaReader(contract);
        Map<String, RequestParameter> values = new HashMap<>();
        for (Parameter parameter : operation.getParameters()) {
            String name = parameter.getName();
            JsonObject schema = parameter.getOpenAPIModel().getJsonObject("schema");
            Object value = reader.read(schema, context.pathParam(name), List.of("path", name));
            // as JSON, because the validator takes a plain 1.5 or null for what it looks like, not for a text
            values.put(name, new RequestParameterImpl(Json.encode(value)));
        }
        refuse(reader.violations());
        return values;
    }

    private Buffer body(JsonObject schema, @Nullable Buffer bytes, String type) {
        List<Object> place = List.of("body");
        if (bytes != null && bytes.length() > 0 && !type.equals(MediaTypes.JSON)) {
            throw new InvalidRequest(List.of(Rule.OBJECT.at(place)));
        }
        Object value = bytes == null || bytes.length() == 0 ? null : JsonBody.read(bytes);
        SchemaReader reader = new SchemaReader(contract);
        Object read = reader.read(schema, value, place);
        refuse(reader.violations());
        return Json.encodeToBuffer(read);
    }

    private static JsonObject schema(Operation operation) {
        RequestBody declared = Objects.requireNonNull(operation.getRequestBody(), operation.getOperationId());
        MediaType json = Objects.requireNonNull(declared.getContent().get(MediaType.APPLICATION_JSON), "JSON body");
        return json.getOpenAPIModel().getJsonObject("schema");
    }

    private static void refuse(List<Violation> violations) {
        if (!violations.isEmpty()) {
            throw new InvalidRequest(violations);
        }
    }
}
