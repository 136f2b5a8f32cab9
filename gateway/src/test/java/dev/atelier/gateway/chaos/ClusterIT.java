package dev.atelier.gateway.chaos;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.io.TempDir;

/**
 * Three gateways that share one PostgreSQL: killed, frozen past their lease, and left without their database, at random
 * moments while they draw the demo model.
 */
class ClusterIT {
    private static final int DISTURBANCES = Integer.getInteger("atelier.test.kills", 3);
    private static final long SEED = Long.getLong("atelier.test.seed", 20261124);
    private static final int GATEWAYS = 3;
    private static final int LEASE_SECONDS = 2;
    private static final long MOST_DELAY_NANOS = TimeUnit.MILLISECONDS.toNanos(700);

    @TempDir
    Path folder;

    private final Random random = new Random(SEED);
    private final List<ServerProcess> gateways = new ArrayList<>();
    private EmbeddedPostgres postgres;
    private int port;

    @AfterEach
    void close() throws IOException {
        gateways.forEach(ServerProcess::close);
        if (postgres != null) {
            postgres.close();
        }
    }

    private void startDatabase() throws IOException {
        postgres = EmbeddedPostgres.builder()
                .setDataDirectory(folder.resolve("postgres"))
                .setCleanDataDirectory(false)
                .setPort(port)
                .start();
    }

    private ServerProcess launch() throws IOException {
        Map<String, String> settings = new LinkedHashMap<>(Workload.settings(folder.resolve("shared")));
        settings.put("database-url", "postgresql://postgres:postgres@localhost:" + port + "/postgres");
        settings.put("lease-seconds", Integer.toString(LEASE_SECONDS));
        return ServerProcess.launch(folder, settings);
    }

    private ServerProcess any() {
        return gateways.get(random.nextInt(gateways.size()));
    }

    private String database() {
        return "jdbc:postgresql://localhost:" + port + "/postgres?user=postgres&password=postgres";
    }

    @Test
    void endsEveryAcceptedJobOnceWithThePicturesOfAnUndisturbedServer(TestReporter reporter) throws Exception {
        port = freePort();
        startDatabase();
        for (int i = 0; i < GATEWAYS; i++) {
            gateways.add(launch());
        }
        for (ServerProcess gateway : gateways) {
            gateway.awaitStart();
        }
        Workload workload = new Workload(random, 3 * DISTURBANCES);
        int submitted = 0;
        for (int i = 0; i < DISTURBANCES; i++) {
            while (submitted < 3 * (i + 1)) {
                submitted += workload.submit(submitted, any()) ? 1 : 0;
            }
            LockSupport.parkNanos((long) (random.nextDouble() * MOST_DELAY_NANOS));
            disturb(i);
        }
        workload.awaitSuccess(this::any);
        try (ServerProcess undisturbed = ServerProcess.launch(folder, Workload.settings(folder.resolve("undisturbed")))
                .awaitStart()) {
            int pictures = workload.compare(this::any, undisturbed);
            reporter.publishEntry(
                    "result",
                    String.format(
                            "seed %d: %d disturbances; %d jobs, %d pictures, %d attempts repeated",
                            SEED, DISTURBANCES, Evidence.jobs(database()), pictures, Evidence.repeats(database())));
        }
        assertEquals(workload.size(), Evidence.jobs(database()));
        assertEquals(0, Evidence.notEndedOnce(database()));
        assertTrue(Evidence.repeats(database()) > 0, "no attempt was disturbed");
    }

    /** Kills, freezes, and in the midst takes the database away: twice, or once where there is less to do. */
    private void disturb(int round) throws Exception {
        boolean cutOff = round == DISTURBANCES / 2 || DISTURBANCES > 6 && round == DISTURBANCES / 4;
        if (cutOff) {
            postgres.close();
            LockSupport.parkNanos((long) (random.nextDouble() * MOST_DELAY_NANOS));
            startDatabase();
            return;
        }
        int which = random.nextInt(GATEWAYS);
        if (round % 2 == 0) {
            gateways.get(which).kill();
            gateways.set(which, launch().awaitStart());
        } else {
            gateways.get(which).signal("STOP");
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(LEASE_SECONDS * 1000 + 1500));
            gateways.get(which).signal("CONT");
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
