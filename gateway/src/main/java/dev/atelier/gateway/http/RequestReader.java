package dev.atelier.gateway.http;

import io.vertx.core.Future;
import io.vertx.core.WorkerExecutor;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.json.Json;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.openapi.router.RequestExtractor;
import io.vertx.openapi.contract.Location;
import io.vertx.openapi.contract.MediaType;
import io.vertx.openapi.contract.Operation;
import io.vertx.openapi.contract.Parameter;
import io.vertx.openapi.contract.RequestBody;
import io.vertx.openapi.validation.RequestParameter;
import io.vertx.openapi.validation.ValidatableRequest;
import io.vertx.openapi.validation.impl.RequestParameterImpl;
import io.vertx.openapi.validation.impl.ValidatableRequestImpl;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Gives the router's validator the parameters and the body of a request, read as leniently as the reference reads them.
 * Fails with everything that is wrong at once, where the validator would name one thing.
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
        Map<Location, Map<String, RequestParameter>> parameters;
        try {
            parameters = parameters(context, operation);
        } catch (InvalidRequest e) {
            return Future.failedFuture(e);
        }
        Map<String, RequestParameter> header = of(parameters, Location.HEADER);
        Map<String, RequestParameter> path = of(parameters, Location.PATH);
        Map<String, RequestParameter> query = of(parameters, Location.QUERY);
        if (operation.getRequestBody() == null) {
            return Future.succeededFuture(new ValidatableRequestImpl(Map.of(), header, path, query));
        }
        Buffer bytes = context.body().buffer();
        String type = context.request().getHeader(HttpHeaders.CONTENT_TYPE);
        JsonObject schema = schema(operation);
        return executor.executeBlocking(() -> body(schema, bytes, type), false)
                .map(body -> new ValidatableRequestImpl(
                        Map.of(), header, path, query, new RequestParameterImpl(body), MediaTypes.JSON));
    }

    private static Map<String, RequestParameter> of(
            Map<Location, Map<String, RequestParameter>> parameters, Location location) {
        return parameters.getOrDefault(location, Map.of());
    }

    /** Reads what the client gave; a parameter that may be left out, and is, is not in the map. */
    private Map<Location, Map<String, RequestParameter>> parameters(RoutingContext context, Operation operation) {
        SchemaReader reader = new SchemaReader(contract);
        Map<Location, Map<String, RequestParameter>> values = new EnumMap<>(Location.class);
        for (Parameter parameter : operation.getParameters()) {
            String name = parameter.getName();
            String text = text(context, parameter);
            if (text == null && !parameter.isRequired()) {
                continue;
            }
            JsonObject schema = parameter.getOpenAPIModel().getJsonObject("schema");
            String place = parameter.getIn().toString();
            Object value = reader.read(schema, text, List.of(place, name));
            // as JSON, because the validator takes a plain 1.5 or null for what it looks like, not for a text
            values.computeIfAbsent(parameter.getIn(), location -> new HashMap<>())
                    .put(name, new RequestParameterImpl(Json.encode(value)));
        }
        refuse(reader.violations());
        return values;
    }

    private static @Nullable String text(RoutingContext context, Parameter parameter) {
        String name = parameter.getName();
        return switch (parameter.getIn()) {
            case PATH -> context.pathParam(name);
            case QUERY -> context.queryParams().get(name);
            case HEADER -> context.request().getHeader(name);
            case COOKIE -> throw new IllegalStateException("openapi.yaml has a parameter in a cookie: " + name);
        };
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
