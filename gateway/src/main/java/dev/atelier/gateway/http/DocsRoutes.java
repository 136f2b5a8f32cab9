package dev.atelier.gateway.http;

import io.vertx.core.Future;
import io.vertx.core.WorkerExecutor;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.openapi.router.RouterBuilder;
import java.io.ByteArrayInputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Map;
import java.util.Properties;

/** The contract, for programs and as a page. Everything that the page needs comes from this server. */
final class DocsRoutes {
    private static final String WEBJAR = "/META-INF/resources/webjars/swagger-ui/";
    private static final String WEBJAR_POM = "/META-INF/maven/org.webjars/swagger-ui/pom.properties";
    private static final String HTML = "text/html; charset=utf-8";
    private static final String PAGE = "docs.html";
    private static final String SCRIPT = "docs.js";
    private static final String JAVASCRIPT = "text/javascript; charset=utf-8";
    /** The page draws itself with styles of its own making; everything else comes from here. */
    private static final String PAGE_POLICY =
            "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none';"
                    + " base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    /** Below this path is what the page loads. */
    static final String ASSETS_BELOW = "/docs/";

    private static final Map<String, String> ASSETS = Map.of(
            "swagger-ui.css", "text/css; charset=utf-8",
            "swagger-ui-bundle.js", JAVASCRIPT,
            "favicon-32x32.png", "image/png");

    private final Buffer contract;
    private final WorkerExecutor executor;

    /** Serves the contract, given as JSON; files are read on the executor. */
    DocsRoutes(Buffer contract, WorkerExecutor executor) {
        this.contract = contract;
        this.executor = executor;
    }

    void bind(RouterBuilder router) {
        Operations.bind(router, "getContract", context -> Operations.answer(context, MediaTypes.JSON, contract.copy()));
        Operations.bind(router, "getDocs", this::page);
    }

    /** Adds what the page loads. These are no operations: a client never asks for them by itself. */
    void mountAssets(Router router) {
        ASSETS.forEach((name, type) -> router.get(ASSETS_BELOW + name)
                .method(HttpMethod.HEAD)
                .setName("getDocsAsset")
                .handler(context -> answer(context, type, readAsset(name))));
        router.get(ASSETS_BELOW + SCRIPT)
                .method(HttpMethod.HEAD)
                .setName("getDocsAsset")
                .handler(context -> answer(context, JAVASCRIPT, read(SCRIPT)));
    }

    private void page(RoutingContext context) {
        context.response().putHeader(Front.CONTENT_POLICY, PAGE_POLICY);
        answer(context, HTML, read(PAGE));
    }

    private static void answer(RoutingContext context, String type, Future<Buffer> bytes) {
        bytes.onSuccess(found -> Operations.answer(context, type, found)).onFailure(context::fail);
    }

    private Future<Buffer> read(String resource) {
        return executor.executeBlocking(() -> Buffer.buffer(bytes(resource)), false);
    }

    private Future<Buffer> readAsset(String name) {
        return executor.executeBlocking(
                () -> {
                    Properties pom = new Properties();
                    pom.load(new ByteArrayInputStream(bytes(WEBJAR_POM)));
                    return Buffer.buffer(bytes(WEBJAR + pom.getProperty("version") + "/" + name));
                },
                false);
    }

    private static byte[] bytes(String resource) throws IOException {
        try (InputStream stream = DocsRoutes.class.getResourceAsStream(resource)) {
            if (stream == null) {
                throw new FileNotFoundException(resource + " is not on the class path");
            }
            return stream.readAllBytes();
        }
    }
}
