package dev.atelier.gateway.http;

import dev.atelier.gateway.http.RequestSchema.Kind;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.HttpException;
import io.vertx.ext.web.openapi.router.OpenAPIRoute;
import io.vertx.ext.web.openapi.router.RouterBuilder;
import io.vertx.openapi.contract.Location;
import io.vertx.openapi.contract.MediaType;
import io.vertx.openapi.contract.Operation;
import io.vertx.openapi.contract.Parameter;
import io.vertx.openapi.contract.RequestBody;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Reads the parameters and the body of one operation's requests by the contract, and leaves a {@link ReadRequest} for
 * the operation's handler. Rejects a request with everything that is wrong at once. Nothing else validates requests.
 */
final class RequestReader implements Handler<RoutingContext> {
    /** The largest body that is read on the event loop: its worst content takes a few milliseconds. */
    static final int SMALL_BODY = 16 * 1024;

    /** Large bodies never have more than half of the processors: the rest answers everybody else. */
    private static final int THREADS = Math.max(1, Runtime.getRuntime().availableProcessors() / 2);

    private final List<Input> inputs;
    private final @Nullable RequestSchema body;
    private final WorkerExecutor executor;

    /** A parameter with its schema. */
    private record Input(Location in, String name, RequestSchema schema) {}

    private RequestReader(Operation operation, JsonObject contract, Map<String, Integer> limits, WorkerExecutor work) {
        this.inputs = operation.getParameters().stream()
                .map(parameter -> input(parameter, contract, limits))
                .toList();
        JsonObject schema = schema(operation);
        this.body = schema == null ? null : RequestSchema.of(contract, schema, limits);
        this.executor = work;
    }

    /**
     * Makes this the only validation of every operation. Operations without parameters and without a body have none.
     *
     * @param limits the values of the settings that bound arrays, by the settings' names
     * @param executor reads large bodies
     */
    static void install(
            RouterBuilder router, JsonObject contract, Map<String, Integer> limits, WorkerExecutor executor) {
        for (OpenAPIRoute route : router.getRoutes()) {
            Operation operation = route.setDoValidation(false).getOperation();
            if (!operation.getParameters().isEmpty() || operation.getRequestBody() != null) {
                route.addHandler(new RequestReader(operation, contract, limits, executor));
            }
        }
    }

    /** Returns the threads that read large bodies, of all ports. */
    static WorkerExecutor executor(Vertx vertx) {
        return vertx.createSharedWorkerExecutor("atelier-bodies", THREADS);
    }

    private static Input input(Parameter parameter, JsonObject contract, Map<String, Integer> limits) {
        if (parameter.getIn() == Location.COOKIE) {
            throw new IllegalStateException("openapi.yaml has a parameter in a cookie: " + parameter.getName());
        }
        JsonObject schema = parameter.getOpenAPIModel().getJsonObject("schema");
        return new Input(parameter.getIn(), parameter.getName(), RequestSchema.of(contract, schema, limits));
    }

    private static @Nullable JsonObject schema(Operation operation) {
        RequestBody declared = operation.getRequestBody();
        if (declared == null) {
            return null;
        }
        MediaType json = Objects.requireNonNull(declared.getContent().get(MediaType.APPLICATION_JSON), "JSON body");
        return json.getOpenAPIModel().getJsonObject("schema");
    }

    @Override
    public void handle(RoutingContext context) {
        ReadRequest parameters;
        try {
            parameters = parameters(context);
        } catch (InvalidRequest e) {
            context.fail(e);
            return;
        } catch (HttpException e) { // the query cannot be decoded
            context.fail(e.getStatusCode(), e);
            return;
        }
        if (body == null) {
            goOn(context, parameters);
            return;
        }
        RequestSchema schema = body;
        Buffer bytes = Objects.requireNonNullElseGet(context.body().buffer(), Buffer::buffer);
        String type = context.request().getHeader(HttpHeaders.CONTENT_TYPE);
        Future<ReadRequest> read = bytes.length() > SMALL_BODY
                ? executor.executeBlocking(() -> withBody(parameters, schema, bytes, type), false)
                : Future.succeededFuture(parameters).map(small -> withBody(small, schema, bytes, type));
        read.onComplete(done -> LargeBodies.parsed(context))
                .onSuccess(request -> goOn(context, request))
                .onFailure(context::fail);
    }

    private static void goOn(RoutingContext context, ReadRequest request) {
        request.attachTo(context);
        context.next();
    }

    /** Reads the parameters that the client gave. */
    private ReadRequest parameters(RoutingContext context) {
        Map<String, String> path = new HashMap<>();
        Map<String, String> query = new HashMap<>();
        List<Violation> violations = new ArrayList<>();
        for (Input input : inputs) {
            if (input.in() == Location.PATH && input.schema().kind() == Kind.STRING) {
                path.put(input.name(), context.pathParam(input.name())); // one that is too long names nothing: 404
                continue;
            }
            for (String text : texts(context, input)) {
                SchemaReader reader = new SchemaReader(List.of(input.in().toString(), input.name()));
                Object value = reader.read(input.schema(), text);
                violations.addAll(reader.violations());
                (input.in() == Location.PATH ? path : query).putIfAbsent(input.name(), String.valueOf(value));
            }
        }
        refuse(violations);
        return new ReadRequest(path, query, null, Map.of(), List.of(), false);
    }

    /** Returns what a client gave for a parameter: several texts for a header that came several times. */
    private static List<String> texts(RoutingContext context, Input input) {
        return switch (input.in()) {
            case PATH -> List.of(context.pathParam(input.name()));
            case QUERY ->
                Stream.ofNullable(context.queryParams().get(input.name())).toList();
            default -> context.request().headers().getAll(input.name());
        };
    }

    private static ReadRequest withBody(ReadRequest parameters, RequestSchema schema, Buffer bytes, String type) {
        List<Object> place = List.of("body");
        if (bytes.length() == 0) {
            throw new InvalidRequest(List.of(Rule.MISSING.at(place)));
        }
        if (!type.equals(MediaTypes.JSON)) {
            throw new InvalidRequest(List.of(Rule.OBJECT.at(place)));
        }
        SchemaReader reader = new SchemaReader(place);
        Object read = JsonBody.read(bytes, schema, reader);
        refuse(reader.violations());
        @SuppressWarnings("unchecked")
        Map<String, Object> fields = (Map<String, Object>) Objects.requireNonNull(read, "an object");
        return new ReadRequest(
                parameters.path(),
                parameters.query(),
                new JsonObject(fields),
                reader.tails(),
                reader.unknownFields(),
                bytes.length() > SMALL_BODY);
    }

    private static void refuse(List<Violation> violations) {
        if (!violations.isEmpty()) {
            throw new InvalidRequest(violations);
        }
    }
}
