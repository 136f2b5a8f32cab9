package dev.atelier.gateway.http.security;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The names of this machine, looked up once in the background. Thread-safe. */
public final class MachineNames {
    private static final Logger LOG = LoggerFactory.getLogger(MachineNames.class);
    private static final Path HOSTNAME = Path.of("/etc/hostname");
    private static final String MULTICAST_DNS = ".local";

    private volatile Set<String> known = Set.of();

    /**
     * Looks the names up on a thread of its own: a resolver may take many seconds to answer, or never answer.
     *
     * @return ends when all names are known; does not fail
     */
    public Future<Void> lookUp(Vertx vertx) {
        WorkerExecutor executor = vertx.createSharedWorkerExecutor("atelier-names", 1);
        return executor.executeBlocking(() -> namesOf(configured(), null), false)
                .onSuccess(names -> known = names)
                .compose(names -> executor.executeBlocking(MachineNames::resolved, false))
                .onSuccess(names -> known = names)
                .onFailure(failure -> LOG.debug("machine names not resolved reason={}", String.valueOf(failure)))
                .eventually(executor::close)
                .<Void>mapEmpty()
                .otherwiseEmpty();
    }

    /** Returns the names that are known by now, in lower case. */
    public Set<String> known() {
        return known;
    }

    private static List<String> configured() {
        List<String> names = new ArrayList<>();
        Optional.ofNullable(System.getenv("HOSTNAME")).ifPresent(names::add);
        try {
            names.add(Files.readString(HOSTNAME).strip());
        } catch (IOException e) {
            LOG.debug("machine name not read file={}", HOSTNAME); // not every system has it
        }
        return names;
    }

    private static Set<String> resolved() throws UnknownHostException {
        List<String> names = configured();
        InetAddress self = InetAddress.getLocalHost();
        names.add(self.getHostName());
        return namesOf(names, self.getCanonicalHostName());
    }

    /**
     * Returns the names under which a machine may be called.
     *
     * @param names the names that the machine has given itself; others than host names are left out
     * @param canonical the name that DNS has for its address; counts only as a longer form of one of the names, because
     *     others may have written that entry
     */
    static Set<String> namesOf(List<String> names, @Nullable String canonical) {
        Set<String> all = new HashSet<>();
        for (String name : names) {
            host(name).ifPresent(host -> {
                String label = host.split("\\.", 2)[0];
                all.add(host);
                all.add(label);
                all.add(label + MULTICAST_DNS);
            });
        }
        if (canonical != null) {
            host(canonical)
                    .filter(host -> all.contains(host.split("\\.", 2)[0]))
                    .ifPresent(all::add);
        }
        return Set.copyOf(all);
    }

    private static Optional<String> host(String name) {
        return Authority.parse(name)
                .filter(authority -> !authority.isAddress() && authority.port().isEmpty())
                .map(Authority::host);
    }
}
