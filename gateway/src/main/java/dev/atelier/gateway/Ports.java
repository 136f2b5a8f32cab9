package dev.atelier.gateway;

import dev.atelier.gateway.access.KeyLimits;
import dev.atelier.gateway.access.KeyRing;
import dev.atelier.gateway.health.Health;
import dev.atelier.gateway.http.ApiContract;
import dev.atelier.gateway.http.ApiRouter;
import dev.atelier.gateway.http.Door;
import dev.atelier.gateway.http.ErrorHandler;
import dev.atelier.gateway.http.Front;
import dev.atelier.gateway.http.ServerAddress;
import dev.atelier.gateway.http.SlowClients;
import dev.atelier.gateway.http.WaitingRoom;
import dev.atelier.gateway.http.WorkerRoutes;
import dev.atelier.gateway.http.security.AllowedHosts;
import dev.atelier.gateway.http.security.MachineNames;
import dev.atelier.gateway.worker.DrawingServices;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.Router;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The ports that a gateway listens on: one for clients and, where it is wanted, one for who runs the server. */
final class Ports {
    private static final Logger LOG = LoggerFactory.getLogger(Ports.class);
    private static final int HTTP_THREADS = 2;
    private static final long SHUTDOWN_SECONDS = 5;
    /** As much of a body as one read brings: each piece costs the event loop about the same. */
    private static final int CHUNK_BYTES = 65_536;

    /** Above the longest time for which an answer may wait: nothing moves on such a connection meanwhile. */
    private static final int IDLE_SECONDS = 180;

    private final Vertx vertx;
    private final GatewayConfig config;
    private final Health health;
    private final BooleanSupplier ending;
    private final WorkerExecutor executor;
    private final @Nullable KeyRing keys;
    private final KeyLimits limits;
    private final MachineNames names = new MachineNames();
    private final List<Port> open = new ArrayList<>();
    private final List<ApiRouter> answering = new ArrayList<>();
    private Runnable unfollow = () -> {};
    private boolean closed;

    private record Port(HttpServer server, Door door, SlowClients slowClients, WaitingRoom room) {}

    /**
     * Prepares the ports; reads nothing and listens on nothing yet.
     *
     * @param keys who may call; null for anybody
     * @param health what is told of the gateway's health
     * @param ending whether the gateway is on its way out
     */
    Ports(Vertx vertx, GatewayConfig config, @Nullable KeyRing keys, Health health, BooleanSupplier ending) {
        this.vertx = vertx;
        this.config = config;
        this.keys = keys;
        this.health = health;
        this.ending = ending;
        this.limits = new KeyLimits(config.access().requestsPerSecond());
        this.executor = vertx.createSharedWorkerExecutor("atelier-http", HTTP_THREADS);
        if (keys != null) {
            unfollow = keys.follow(vertx, executor);
        }
    }

    /** Listens, and answers nothing but health until it {@linkplain #admit admits} requests; they wait for that. */
    Future<Ports> listen() {
        GatewayConfig.Http http = config.http();
        Optional<GatewayConfig.AdminPort> admin = http.admin();
        warnOfOpenDoor();
        names.lookUp(vertx);
        return listen(http.host(), http.port(), admin.isPresent() ? Door.CLIENTS : Door.ONLY)
                .compose(clients -> admin.isEmpty()
                        ? Future.succeededFuture(clients)
                        : listen(admin.get().host(), admin.get().port(), Door.OPERATORS))
                .onSuccess(last -> adminPort()
                        .ifPresent(port -> LOG.info("metrics, health and what changes the server: port {}", port)))
                .map(this);
    }

    private void warnOfOpenDoor() {
        if (keys == null) {
            LOG.warn(
                    "no API_KEYS_FILE is given: whoever reaches port {} may use this server",
                    config.http().port());
        } else {
            LOG.info("{} API keys may use this server", keys.size());
        }
    }

    private Future<HttpServer> listen(String host, int port, Door door) {
        GatewayConfig.Patience patience = config.http().patience();
        SlowClients slowClients = new SlowClients(vertx, patience.waiting(), patience.arriving());
        WaitingRoom room = new WaitingRoom(health);
        HttpServer server = vertx.createHttpServer(options(host, port));
        return server.requestHandler(new Front(room, ending))
                .invalidRequestHandler(ErrorHandler::refuseUnreadable)
                .connectionHandler(slowClients::opened)
                .listen()
                .onSuccess(listening -> open.add(new Port(listening, door, slowClients, room)))
                .recover(failure -> Future.failedFuture(cannotListen(host, port, door, failure)));
    }

    /** Answers requests from now on, first those that wait. */
    void admit(ApiContract contract, DrawingServices services) {
        for (Port port : open) {
            ApiRouter.Entrance entrance = new ApiRouter.Entrance(port.door(), keys, limits, port.slowClients());
            ApiRouter router = ApiRouter.create(vertx, contract, services, settings(), entrance, executor);
            answering.add(router);
            port.room().open(routes(router.router()));
        }
    }

    private Handler<HttpServerRequest> routes(Router router) {
        return config.jobs().role() == Role.WORKER ? new WorkerRoutes(router) : router;
    }

    private HttpServerOptions options(String host, int port) {
        int headers = config.access().maxHeaderBytes();
        return new HttpServerOptions()
                .setHost(host)
                .setPort(port)
                .setMaxHeaderSize(headers)
                .setMaxChunkSize(CHUNK_BYTES)
                // with the upgrade to HTTP/2, nobody would see a connection before its first whole headers
                .setHttp2ClearTextEnabled(false)
                .setIdleTimeout(IDLE_SECONDS)
                .setIdleTimeoutUnit(TimeUnit.SECONDS);
    }

    private ApiRouter.Settings settings() {
        return new ApiRouter.Settings(
                address(),
                config.http().corsOrigins(),
                config.access().limits(),
                config.loras().most(),
                config.loras().noneAllowed(),
                config.log().prompts(),
                health,
                ending,
                config.drawing().previewEvery());
    }

    private ServerAddress address() {
        GatewayConfig.Http http = config.http();
        AllowedHosts hosts =
                new AllowedHosts(http.allowedHosts(), host -> names.known().contains(host));
        return new ServerAddress(http.baseUrl(), this::port, hosts, http.proxies());
    }

    private static Throwable cannotListen(String host, int port, Door door, Throwable failure) {
        return StartChecks.cannotListen(
                host, port, door == Door.OPERATORS ? Setting.ADMIN_PORT : Setting.PORT, failure);
    }

    /** Returns the port for clients, once it is open. */
    int port() {
        return open.get(0).server().actualPort();
    }

    /** Returns the port for who runs the server, once it is open; empty where there is none. */
    Optional<Integer> adminPort() {
        return open.stream().skip(1).map(port -> port.server().actualPort()).findFirst();
    }

    /** Lets no request in any more, waits a little for those under way, and ends; a second time it does nothing. */
    Future<?> close() {
        if (closed) {
            return Future.succeededFuture();
        }
        closed = true;
        unfollow.run(); // first: the threads on which keys are looked at are let go
        answering.forEach(ApiRouter::release);
        List<Future<Void>> servers = new ArrayList<>();
        open.forEach(port -> servers.add(port.server().shutdown(SHUTDOWN_SECONDS, TimeUnit.SECONDS)));
        return Future.join(servers).eventually(executor::close);
    }
}
