package dev.atelier.gateway.http;

import dev.atelier.gateway.access.ApiKey;
import dev.atelier.gateway.access.KeyLimits;
import dev.atelier.gateway.access.KeyRing;
import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.HttpException;
import io.vertx.ext.web.handler.SecurityPolicyHandler;
import io.vertx.ext.web.openapi.router.RouterBuilder;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Decides who comes in, before anything of a body is read. What an operation's own route says counts too: a path that
 * the router and the contract read differently would otherwise be a way around.
 */
final class Gate implements SecurityPolicyHandler {
    private static final String KEY = ApiKey.class.getName();
    private static final String BEARER = "bearer ";
    private static final String API_KEY = "X-API-Key";

    private final Audiences audiences;
    private final Door door;
    private final @Nullable KeyRing keys;
    private final KeyLimits limits;

    /** Guards a door; without keys, it lets every caller in. */
    Gate(Audiences audiences, Door door, @Nullable KeyRing keys, KeyLimits limits) {
        this.audiences = audiences;
        this.door = door;
        this.keys = keys;
        this.limits = limits;
    }

    @Override
    public void handle(RoutingContext context) {
        pass(context, audiences.of(context.request().method(), context.normalizedPath()));
    }

    /** Stands before the handlers of every operation. */
    void guard(RouterBuilder router) {
        router.getRoutes()
                .forEach(route -> route.addHandler(
                        new Guard(audiences.of(route.getOperation().getOperationId()))));
    }

    /** Stands before an operation, and answers nothing by itself. */
    final class Guard implements Handler<RoutingContext> {
        private final Audience audience;

        private Guard(Audience audience) {
            this.audience = audience;
        }

        @Override
        public void handle(RoutingContext context) {
            pass(context, audience);
        }
    }

    private void pass(RoutingContext context, Audience audience) {
        try {
            admit(context, audience);
        } catch (PipelineException refused) {
            context.fail(refused);
            return;
        } catch (HttpException refused) {
            context.fail(refused.getStatusCode());
            return;
        }
        context.next();
    }

    private void admit(RoutingContext context, Audience audience) {
        switch (audience) {
            case EVERYONE -> {}
            case CALLERS -> admitCaller(context);
            case BOTH -> {
                if (door == Door.OPERATORS) {
                    admitAdministrator(context);
                } else {
                    admitCaller(context);
                }
            }
            case OPERATORS -> admitOperator(context);
            case ADMINISTRATORS -> admitAdministrator(context);
        }
    }

    private void admitCaller(RoutingContext context) {
        if (door == Door.OPERATORS) {
            throw notHere();
        }
        identify(context);
    }

    private void admitOperator(RoutingContext context) {
        if (door == Door.CLIENTS) {
            throw notHere();
        }
        if (door == Door.ONLY) {
            identify(context).ifPresent(Gate::requireAdmin);
        }
    }

    private void admitAdministrator(RoutingContext context) {
        Optional<ApiKey> key = identify(context);
        key.ifPresent(Gate::requireAdmin);
        if (key.isEmpty() && door != Door.OPERATORS) {
            throw forbidden("Without API keys nobody may change the server here; see API_KEYS_FILE and ADMIN_PORT");
        }
        if (key.isEmpty() && context.request().headers().contains(HttpHeaders.ORIGIN)) {
            throw forbidden("Pages in a browser may not change the server");
        }
    }

    /** Returns the caller's key; empty where there are no keys. */
    private Optional<ApiKey> identify(RoutingContext context) {
        if (keys == null) {
            return Optional.empty();
        }
        ApiKey known = context.get(KEY);
        if (known == null) {
            known = presented(context.request())
                    .flatMap(keys::find)
                    .orElseThrow(() -> new PipelineException(
                            ErrorCode.UNAUTHORIZED, "A valid API key is needed: Authorization: Bearer, or X-API-Key"));
            context.put(KEY, known);
            new Caller(known.name(), known.admin()).attachTo(context);
            requireRate(known);
        }
        return Optional.of(known);
    }

    private static Optional<String> presented(HttpServerRequest request) {
        String authorization = request.getHeader(HttpHeaders.AUTHORIZATION);
        if (authorization != null && authorization.regionMatches(true, 0, BEARER, 0, BEARER.length())) {
            return Optional.of(authorization.substring(BEARER.length()).strip());
        }
        return Optional.ofNullable(request.getHeader(API_KEY)).map(String::strip);
    }

    private void requireRate(ApiKey key) {
        if (!limits.take(key)) {
            throw new PipelineException(
                    ErrorCode.RATE_LIMITED,
                    "The API key may make " + limits.perSecond() + " requests a second",
                    Map.of("limit", limits.perSecond(), ErrorBody.RETRY_AFTER, limits.retryAfter()),
                    null);
        }
    }

    private static void requireAdmin(ApiKey key) {
        if (!key.admin()) {
            throw forbidden("The API key is none of an administrator");
        }
    }

    private static PipelineException forbidden(String reason) {
        return new PipelineException(ErrorCode.FORBIDDEN, reason);
    }

    private static HttpException notHere() {
        return new HttpException(HttpResponseStatus.NOT_FOUND.code());
    }
}
