package dev.atelier.gateway.http;

import dev.atelier.gateway.log.Redaction;
import dev.atelier.gateway.worker.HeapExhaustion;
import dev.atelier.plugin.ErrorCode;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.openapi.contract.OpenAPIContract;
import io.vertx.openapi.contract.Path;
import java.util.Objects;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Answers every request that failed, matched no operation, or cannot be read. */
public final class ErrorHandler implements Handler<RoutingContext> {
    private static final Logger LOG = LoggerFactory.getLogger(ErrorHandler.class);
    /** The statuses that the router comes to by itself, without a failure handler being asked. */
    private static final int[] OF_ROUTER = {400, 404, 405, 413, 500};

    /** HEAD is answered wherever GET is. */
    private static final String READ = "GET, HEAD";

    private final OpenAPIContract contract;
    private final Limits limits;
    private final RejectionPace pace = new RejectionPace(System::nanoTime);

    ErrorHandler(OpenAPIContract contract, Limits limits) {
        this.contract = contract;
        this.limits = limits;
    }

    /** Answers a request that is no proper HTTP, and so reaches no route. */
    public static void refuseUnreadable(HttpServerRequest request) {
        Throwable cause = request.decoderResult().cause();
        int status = cause instanceof TooLongHttpLineException
                ? 414
                : cause instanceof TooLongHttpHeaderException ? 431 : 400;
        Front.prepare(request);
        send(request.response(), ofStatus(status));
        request.connection().close();
    }

    /**
     * Answers a request whose headers HTTP forbids, and closes its connection: another reader may see its end
     * elsewhere.
     *
     * @param problem what is wrong with it
     */
    static void refuseMalformed(HttpServerRequest request, String problem) {
        request.response().putHeader(HttpHeaders.CONNECTION, "close");
        send(request.response(), ErrorBody.ofText(400, ErrorCode.INVALID_PARAMETER, problem));
        request.connection().close();
    }

    /** Answers that nothing is there. */
    static void refuseUnknown(HttpServerRequest request) {
        send(request.response(), ofStatus(404));
    }

    /** Answers a client that takes too long to send its request, if nothing was answered yet, and lets it go. */
    static void refuseSlow(HttpServerRequest request) {
        if (!request.response().headWritten()) {
            send(request.response(), ofStatus(408));
        }
        request.connection().close();
    }

    /** Makes this the router's answer to everything that goes wrong. */
    void install(Router router) {
        router.route().failureHandler(this);
        for (int status : OF_ROUTER) {
            router.errorHandler(status, this);
        }
    }

    @Override
    public void handle(RoutingContext context) {
        if (context.response().ended() || context.response().closed()) {
            return;
        }
        ErrorBody body = body(context);
        if (body.status() == 413) {
            body = ErrorBody.ofText(413, body.code(), "The body is larger than " + limits.bodyBytes() + " bytes");
        }
        if (body.status() == 415) {
            body = ErrorBody.ofText(415, body.code(), "The body is compressed. Send it without Content-Encoding.");
            context.response().putHeader(HttpHeaders.ACCEPT_ENCODING, "identity");
        }
        if (body.status() == 500 && context.failure() != null) {
            LOG.error(
                    "{} {} failed",
                    context.request().method(),
                    Redaction.shortened(String.valueOf(context.request().path()), ErrorBody.LONGEST_VALUE),
                    context.failure());
            reportExhaustion(context);
        }
        if (context.response().headWritten()) {
            // half an answer is out; breaking the connection is the only way left to tell
            context.request().connection().close();
            return;
        }
        if (body.status() == 405) {
            context.response()
                    .putHeader(
                            HttpHeaders.ALLOW,
                            allowed(Objects.requireNonNullElse(context.request().path(), "/")));
        }
        answer(context, body);
    }

    private void answer(RoutingContext context, ErrorBody body) {
        if (body.status() >= 500 || !pace.exceeded()) {
            send(context.response(), body);
            return;
        }
        context.vertx().setTimer(RejectionPace.DELAY_MILLIS, later -> {
            if (!context.response().ended() && !context.response().closed()) {
                send(context.response(), body);
            }
        });
    }

    /** A full heap is more than this request's failure: it goes to whoever watches over what nobody caught. */
    private static void reportExhaustion(RoutingContext context) {
        Throwable failure = context.failure();
        if (HeapExhaustion.isIt(failure)) {
            context.vertx().runOnContext(uncaught -> {
                throw new IllegalStateException("a request failed", failure);
            });
        }
    }

    private static void send(HttpServerResponse response, ErrorBody body) {
        // what the handler said of the body that it meant to send
        response.headers().remove(HttpHeaders.CONTENT_LENGTH);
        response.headers().remove(HttpHeaders.CACHE_CONTROL);
        response.headers().remove(HttpHeaders.ETAG);
        body.retryAfter().ifPresent(seconds -> response.putHeader(HttpHeaders.RETRY_AFTER, seconds.toString()));
        if (body.status() == 401) {
            response.putHeader("WWW-Authenticate", "Bearer realm=\"atelier\"");
        }
        response.putHeader(HttpHeaders.CACHE_CONTROL, "no-store");
        response.setStatusCode(body.status());
        Operations.end(response, MediaTypes.JSON, body.json().toBuffer());
    }

    /** Returns the answer to a request that failed. */
    static ErrorBody body(RoutingContext context) {
        Throwable failure = context.failure();
        if (failure != null && context.statusCode() == 500) {
            return ErrorBody.of(failure);
        }
        return ofStatus(context.statusCode() < 400 ? 400 : context.statusCode());
    }

    private static ErrorBody ofStatus(int status) {
        String reason = HttpResponseStatus.valueOf(status).reasonPhrase();
        return switch (status) {
            case 404 -> ErrorBody.ofText(404, ErrorCode.NOT_FOUND, reason);
            case 405 -> ErrorBody.ofText(405, ErrorCode.METHOD_NOT_ALLOWED, reason);
            default ->
                ErrorBody.ofText(status, status < 500 ? ErrorCode.INVALID_PARAMETER : ErrorCode.INTERNAL_ERROR, reason);
        };
    }

    private String allowed(String path) {
        Path found = contract.findPath(path);
        if (found == null) {
            return READ; // what the page of the documentation loads
        }
        return found.getOperations().stream()
                .map(operation -> operation.getHttpMethod().name())
                .map(method -> method.equals("GET") ? READ : method)
                .collect(Collectors.joining(", "));
    }
}
