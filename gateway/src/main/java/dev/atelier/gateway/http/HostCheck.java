package dev.atelier.gateway.http;

import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.PlatformHandler;
import java.util.Map;

/**
 * Finds out how the client sees this server and, where no API key protects it, refuses hosts that it does not know: a
 * page whose name an attacker has rebound to this server's address would read and change everything here.
 */
final class HostCheck implements PlatformHandler {
    private final ServerAddress address;
    private final boolean enforced;

    /**
     * Creates the check.
     *
     * @param enforced whether requests to unknown hosts are refused; links never name such a host
     */
    HostCheck(ServerAddress address, boolean enforced) {
        this.address = address;
        this.enforced = enforced;
    }

    @Override
    public void handle(RoutingContext context) {
        ClientView view = address.view(context.request());
        view.attachTo(context);
        if (view.hostAllowed() || !enforced || HealthRoutes.isHealth(context.normalizedPath())) {
            context.next();
        } else {
            context.fail(refusal(context));
        }
    }

    private PipelineException refusal(RoutingContext context) {
        String host = RequestHost.of(context.request())
                .filter(named -> !address.allows(named))
                .or(() -> ClientView.of(context).host())
                .map(named -> named.host())
                .orElse("");
        String named = host.isEmpty() ? "The request names no host. Use" : "Host '" + host + "' is not allowed. Use";
        return new PipelineException(
                ErrorCode.HOST_NOT_ALLOWED,
                named + " an address, localhost or this machine's name, or add the host to ALLOWED_HOSTS.",
                Map.of("host", host, "setting", "ALLOWED_HOSTS"),
                null);
    }
}
