package dev.atelier.gateway.http;

import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.openapi.contract.OpenAPIContract;
import io.vertx.openapi.contract.Operation;
import io.vertx.openapi.contract.Path;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/** Tells for whom each operation is, as the contract says. What the contract does not know is for callers. */
final class Audiences {
    /** Where the contract says whether a key is needed. */
    static final String SECURITY = "security";

    private static final String ACCESS = "x-access";

    private final OpenAPIContract contract;
    private final Map<String, Audience> byOperation = new HashMap<>();

    /** Reads the contract as it is written; looks paths up in the one that is enforced. */
    Audiences(ApiContract contract) {
        this.contract = contract.enforced();
        contract.document()
                .getJsonObject("paths")
                .forEach(path ->
                        ((JsonObject) path.getValue()).forEach(operation -> add((JsonObject) operation.getValue())));
    }

    private void add(JsonObject operation) {
        byOperation.put(operation.getString("operationId"), read(operation));
    }

    private static Audience read(JsonObject operation) {
        String access = operation.getString(ACCESS);
        if (access != null) {
            return Audience.valueOf(access.toUpperCase(Locale.ROOT));
        }
        return new JsonArray().equals(operation.getJsonArray(SECURITY)) ? Audience.EVERYONE : Audience.CALLERS;
    }

    /** Returns for whom an operation is. */
    Audience of(String operationId) {
        return byOperation.getOrDefault(operationId, Audience.CALLERS);
    }

    /** Returns for whom a request's operation is; {@code HEAD} is for whom {@code GET} is. */
    Audience of(HttpMethod method, String path) {
        if (path.startsWith(DocsRoutes.ASSETS_BELOW)) {
            return Audience.EVERYONE;
        }
        HttpMethod read = HttpMethod.HEAD.equals(method) ? HttpMethod.GET : method;
        Operation operation = contract.findOperation(path, read);
        return operation == null ? Audience.CALLERS : of(operation.getOperationId());
    }

    /** Returns whether a path has an operation that is only for who runs the server. */
    boolean isAdministrative(String path) {
        Path found = contract.findPath(path);
        return found != null
                && found.getOperations().stream()
                        .anyMatch(operation -> of(operation.getOperationId()).isAdministrative());
    }
}
