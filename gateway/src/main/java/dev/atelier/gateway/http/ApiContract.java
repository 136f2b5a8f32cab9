package dev.atelier.gateway.http;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import io.vertx.openapi.contract.MediaType;
import io.vertx.openapi.contract.OpenAPIContract;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/**
 * {@code openapi.yaml}, the single source of what the gateway takes and answers: read once, served unchanged, enforced
 * by the router.
 */
public final class ApiContract {
    private static final String RESOURCE = "/openapi.yaml";

    private final JsonObject document;
    private final Buffer json;
    private final OpenAPIContract enforced;

    private ApiContract(JsonObject document, Buffer json, OpenAPIContract enforced) {
        this.document = document;
        this.json = json;
        this.enforced = enforced;
    }

    /** Makes the contract ready. The document is what {@link #read()} returned. */
    public static Future<ApiContract> of(Vertx vertx, JsonObject document) {
        return OpenAPIContract.from(vertx, forRouter(document))
                .map(enforced -> new ApiContract(document, document.toBuffer(), enforced));
    }

    /** Reads the contract from the class path; blocks. */
    public static JsonObject read() {
        try (InputStream yaml = ApiContract.class.getResourceAsStream(RESOURCE)) {
            if (yaml == null) {
                throw new IllegalStateException("openapi.yaml is not on the class path");
            }
            Map<String, Object> document = new Yaml(new SafeConstructor(new LoaderOptions())).load(yaml);
            return new JsonObject(new JsonObject(document).toBuffer());
        } catch (IOException e) {
            throw new UncheckedIOException("openapi.yaml cannot be read", e);
        }
    }

    /** Returns the contract as it is served. */
    Buffer json() {
        return json;
    }

    /** Returns the contract as it is written. */
    JsonObject document() {
        return document;
    }

    /** Returns the contract as the router enforces it. */
    OpenAPIContract enforced() {
        return enforced;
    }

    /**
     * Returns a copy without the response media types that the router's library refuses to read, without the server's
     * relative address, and without who may call, which {@link Gate} enforces. It never looks at responses, so nothing
     * that is enforced gets lost.
     */
    static JsonObject forRouter(JsonObject document) {
        JsonObject copy = document.copy();
        copy.remove(Audiences.SECURITY);
        copy.remove("servers");
        for (Map.Entry<String, Object> path : copy.getJsonObject("paths")) {
            for (Map.Entry<String, Object> operation : (JsonObject) path.getValue()) {
                JsonObject enforced = (JsonObject) operation.getValue();
                enforced.remove(Audiences.SECURITY);
                JsonObject responses = enforced.getJsonObject("responses");
                responses.forEach(response -> dropRefused((JsonObject) response.getValue()));
            }
        }
        return copy;
    }

    private static void dropRefused(JsonObject response) {
        JsonObject content = response.getJsonObject("content");
        if (content != null) {
            List.copyOf(content.fieldNames()).stream()
                    .filter(type -> !MediaType.isMediaTypeSupported(type))
                    .forEach(content::remove);
        }
    }
}
