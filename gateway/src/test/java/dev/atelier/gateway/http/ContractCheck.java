package dev.atelier.gateway.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.Json;
import io.vertx.core.json.JsonObject;
import io.vertx.json.schema.JsonSchema;
import io.vertx.json.schema.OutputUnit;
import io.vertx.openapi.contract.Operation;
import java.util.Locale;

/** Holds answers against openapi.yaml, with a validator of JSON schemas. */
public final class ContractCheck {
    private final ApiContract contract;

    private ContractCheck(ApiContract contract) {
        this.contract = contract;
    }

    /** Reads the contract. */
    public static ContractCheck create(Vertx vertx) {
        return new ContractCheck(ApiContract.of(vertx, ApiContract.read()).await());
    }

    /** Fails unless the contract allows this answer to that request. */
    public void check(String method, String path, Answer answer) {
        Operation operation = contract.enforced().findOperation(path, HttpMethod.valueOf(method));
        if (operation == null) {
            boolean refused = answer.json().getValue("detail") instanceof JsonObject; // by the gate, whatever it is
            check(components(refused ? "Failure" : "PlainFailure"), answer.json());
            return;
        }
        JsonObject response = response(operation, answer.status());
        String type = answer.header("content-type").split(";", 2)[0];
        JsonObject content = response.getJsonObject("content");
        if (content == null) {
            assertEquals(0, answer.bytes().length(), "an answer without content");
            return;
        }
        JsonObject media = content.getJsonObject(type);
        assertTrue(media != null, operation.getOperationId() + " answers the undeclared type " + type);
        if (type.equals("application/json")) {
            check(media.getJsonObject("schema"), Json.decodeValue(answer.bytes()));
        }
    }

    private JsonObject response(Operation operation, int status) {
        JsonObject written = contract.document()
                .getJsonObject("paths")
                .getJsonObject(operation.getOpenAPIPath())
                .getJsonObject(operation.getHttpMethod().name().toLowerCase(Locale.ROOT));
        JsonObject response = written.getJsonObject("responses").getJsonObject(Integer.toString(status));
        assertTrue(response != null, operation.getOperationId() + " answers the undeclared status " + status);
        String reference = response.getString("$ref");
        return reference == null
                ? response
                : contract.document()
                        .getJsonObject("components")
                        .getJsonObject("responses")
                        .getJsonObject(reference.substring(reference.lastIndexOf('/') + 1));
    }

    private static JsonObject components(String name) {
        return new JsonObject().put("$ref", "#/components/schemas/" + name);
    }

    private void check(JsonObject schema, Object value) {
        JsonSchema absolute = JsonSchema.of(absolute(schema.copy()));
        OutputUnit result =
                contract.enforced().getSchemaRepository().validator(absolute).validate(value);
        assertTrue(Boolean.TRUE.equals(result.getValid()), () -> result.getErrors() + " in " + value);
    }

    /** The repository knows the contract's schemas by their place below its base URI. */
    private static JsonObject absolute(JsonObject schema) {
        String reference = schema.getString("$ref");
        if (reference != null) {
            schema.put("$ref", "app:///" + reference);
        }
        if (schema.containsKey("oneOf")) {
            schema.getJsonArray("oneOf").forEach(choice -> absolute((JsonObject) choice));
        }
        return schema;
    }
}
