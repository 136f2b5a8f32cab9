package dev.atelier.gateway.adapter.remote;

import io.vertx.core.Vertx;
import java.nio.file.Path;

/** Downloads for tests of other packages. */
public final class RemoteFixture {
    private RemoteFixture() {}

    /** Returns downloads that may not ask this machine, as it is by default. */
    public static RemoteFiles closed(Vertx vertx, Path folder) {
        return Client.in(folder).allow(false, false).open(vertx);
    }

    /** Returns downloads from this machine over plain http, which stands for the hub. */
    public static RemoteFiles open(Vertx vertx, Path folder, int hubPort) {
        return Client.in(folder).hub("http://127.0.0.1:" + hubPort, "hf_server").open(vertx);
    }
}
