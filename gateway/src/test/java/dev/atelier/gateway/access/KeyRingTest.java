package dev.atelier.gateway.access;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KeyRingTest {
    private static final String HASH = "0123456789abcdef".repeat(4);

    @TempDir
    Path folder;

    private Path file(String text) throws IOException {
        return Files.writeString(folder.resolve("keys"), text);
    }

    @Test
    void knowsTheKeysOfTheFileAndNoOthers() throws IOException {
        ApiKey.Fresh ann = ApiKey.create("ann", false);
        ApiKey.Fresh bob = ApiKey.create("bob", true);
        KeyRing keys = KeyRing.read(file(
                "# who may call\n\n" + ann.known().line() + "\n  " + bob.known().line() + "  \n"));

        assertEquals(2, keys.size());
        assertEquals(Optional.of(ann.known()), keys.find(ann.text()));
        assertEquals(Optional.of(new ApiKey("bob", true, bob.known().sha256())), keys.find(bob.text()));
        assertEquals(Optional.empty(), keys.find(ann.text() + "x"));
        assertEquals(Optional.empty(), keys.find(ann.known().sha256()));
        assertEquals(Optional.empty(), keys.find(""));
    }

    @Test
    void makesKeysThatNobodyGuessesAndNoLineShows() {
        ApiKey.Fresh first = ApiKey.create("ann", false);
        ApiKey.Fresh second = ApiKey.create("ann", false);

        assertTrue(first.text().matches("atl-[A-Za-z0-9_-]{43}"), first.text());
        assertFalse(first.text().equals(second.text()));
        assertFalse(first.known().line().contains(first.text()));
        assertFalse(first.toString().contains(first.text()));
    }

    @Test
    void takesTheHashThatAnyToolComputes() {
        assertEquals("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", ApiKey.hash("abc"));
    }

    @Test
    void takesSeveralKeysOfOneName() throws IOException {
        ApiKey.Fresh old = ApiKey.create("ann", false);
        ApiKey.Fresh next = ApiKey.create("ann", false);
        KeyRing keys =
                KeyRing.read(file(old.known().line() + "\n" + next.known().line()));

        assertEquals("ann", keys.find(old.text()).orElseThrow().name());
        assertEquals("ann", keys.find(next.text()).orElseThrow().name());
    }

    @ParameterizedTest
    @CsvSource({
        "ann, line 1: a key's line must be NAME SHA256",
        "ann secret, line 1: a key's hash must be 64 hexadecimal digits",
        "/ann HASH, line 1: a key's name must be 1 to 64 letters",
        "ann HASH root, line 1: a key's line must be NAME SHA256",
        "ann HASH/bob HASH, line 2: the key is listed already",
        "ann HASH admin/ann 1HASH, line 2: a key's hash must be",
    })
    void refusesAMalformedLineWithoutShowingIt(String lines, String problem) throws IOException {
        String text = lines.startsWith("/") ? lines : lines.replace("/", "\n");
        Path file = file(text.replace("HASH", HASH));

        IllegalStateException failure = assertThrows(IllegalStateException.class, () -> KeyRing.read(file));

        assertTrue(failure.getMessage().contains(problem), failure.getMessage());
        assertTrue(failure.getMessage().contains(file.toString()), failure.getMessage());
        assertFalse(failure.getMessage().contains("secret"), failure.getMessage());
        assertFalse(failure.getMessage().contains(HASH), failure.getMessage());
    }

    @Test
    void refusesANameThatIsBothKinds() throws IOException {
        Path file = file("ann " + HASH + " admin\nann " + HASH.replace('0', 'f'));

        assertTrue(assertThrows(IllegalStateException.class, () -> KeyRing.read(file))
                .getMessage()
                .contains("line 2: the name has a key of the other kind"));
        assertThrows(IllegalStateException.class, () -> KeyRing.read(folder.resolve("absent")));
    }

    @Test
    void followsTheFileButKeepsItsKeysWhenThatBreaks() throws IOException {
        ApiKey.Fresh ann = ApiKey.create("ann", false);
        ApiKey.Fresh bob = ApiKey.create("bob", false);
        Path file = file(ann.known().line());
        KeyRing keys = KeyRing.read(file);

        file(bob.known().line());
        keys.look();
        assertTrue(keys.find(ann.text()).isEmpty());
        assertTrue(keys.find(bob.text()).isPresent());

        file("nonsense");
        keys.look();
        assertTrue(keys.find(bob.text()).isPresent());

        Files.delete(file);
        keys.look();
        assertTrue(keys.find(bob.text()).isPresent());

        file("");
        keys.look();
        assertEquals(0, keys.size());
    }

    @Test
    void looksAtTheFileByItself() throws Exception {
        Vertx vertx = Vertx.vertx();
        try {
            WorkerExecutor executor = vertx.createSharedWorkerExecutor("keys", 1);
            ApiKey.Fresh ann = ApiKey.create("ann", false);
            KeyRing keys = KeyRing.read(file(""));
            keys.follow(vertx, executor);

            file(ann.known().line());

            long end = System.nanoTime() + 20_000_000_000L;
            while (keys.find(ann.text()).isEmpty() && System.nanoTime() < end) {
                Thread.onSpinWait();
                vertx.timer(10).await();
            }
            assertTrue(keys.find(ann.text()).isPresent());
        } finally {
            vertx.close().await();
        }
    }
}
