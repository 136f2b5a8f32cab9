package dev.atelier.gateway.chaos;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.io.TempDir;

/** One server with its jobs in a file, killed again and again at random moments while it draws the demo model. */
class KilledServerIT {
    private static final int KILLS = Integer.getInteger("atelier.test.kills", 3);
    private static final long SEED = Long.getLong("atelier.test.seed", 20261124);
    private static final long MOST_DELAY_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

    @TempDir
    Path folder;

    @Test
    void endsEveryAcceptedJobOnceWithThePicturesOfAnUndisturbedServer(TestReporter reporter) throws Exception {
        Random random = new Random(SEED);
        Workload workload = new Workload(random, 3 * KILLS);
        Map<String, String> settings = Workload.settings(folder.resolve("disturbed"));
        String database = "jdbc:sqlite:" + folder.resolve("disturbed/data/atelier.db");
        int whileDrawing = 0;
        int submitted = 0;
        for (int kill = 0; kill < KILLS; kill++) {
            try (ServerProcess server = ServerProcess.launch(folder, settings).awaitStart()) {
                while (submitted < 3 * (kill + 1)) {
                    assertTrue(workload.submit(submitted, server));
                    submitted++;
                }
                awaitMoment(random, kill % 3 == 2, database);
                server.kill();
            }
            whileDrawing += Evidence.drawing(database) > 0 ? 1 : 0;
        }
        try (ServerProcess last = ServerProcess.launch(folder, settings).awaitStart();
                ServerProcess undisturbed = ServerProcess.launch(
                                folder, Workload.settings(folder.resolve("undisturbed")))
                        .awaitStart()) {
            workload.awaitSuccess(() -> last);
            int pictures = workload.compare(() -> last, undisturbed);
            reporter.publishEntry(
                    "result",
                    String.format(
                            "seed %d: %d kills, %d while a picture was drawn; %d jobs, %d pictures, %d attempts repeated",
                            SEED, KILLS, whileDrawing, Evidence.jobs(database), pictures, Evidence.repeats(database)));
        }
        assertEquals(workload.size(), Evidence.jobs(database));
        assertEquals(0, Evidence.notEndedOnce(database));
        assertTrue(2 * whileDrawing >= KILLS, whileDrawing + " of " + KILLS + " kills fell while a picture was drawn");
        assertNoLeftovers(folder.resolve("disturbed/out"));
    }

    /** Lets the server come to a random moment: anywhere, or in the drawing of some picture. */
    private static void awaitMoment(Random random, boolean anywhere, String database) throws Exception {
        long delay = (long) (random.nextDouble() * MOST_DELAY_NANOS);
        if (anywhere) {
            LockSupport.parkNanos(delay);
        } else {
            awaitDrawing(database);
            LockSupport.parkNanos(delay);
            awaitDrawing(database);
        }
    }

    private static void awaitDrawing(String database) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.MINUTES.toNanos(1);
        while (Evidence.drawing(database) == 0 && System.nanoTime() < deadline) {
            LockSupport.parkNanos(5_000_000);
        }
    }

    private static void assertNoLeftovers(Path outputs) throws Exception {
        try (var files = Files.list(outputs)) {
            assertTrue(files.allMatch(file -> Files.isRegularFile(file)));
        }
    }
}
