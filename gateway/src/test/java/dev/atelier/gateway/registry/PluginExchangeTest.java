package dev.atelier.gateway.registry;

import static dev.atelier.gateway.testplugin.TestPlugin.procedural;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.gateway.testplugin.TestPlugin;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What comes, goes and is exchanged while a registry serves. */
class PluginExchangeTest {
    @TempDir
    Path folder;

    private DropInFixture fixture;

    @BeforeEach
    void open() {
        fixture = new DropInFixture(folder);
    }

    @AfterEach
    void close() {
        fixture.close();
    }

    private Path write(TestPlugin plugin, String version) throws IOException {
        return plugin.property("plugin.version", version).writeTo(fixture.plugins);
    }

    @Test
    void takesAZipUpOnceTwoLooksFoundItUnchanged() throws IOException {
        write(procedural("m"), "1.0.0");

        fixture.registry.scan();
        assertEquals(Optional.empty(), fixture.find("test-m"));
        fixture.registry.scan();
        fixture.assertServes("test-m", "1.0.0");
        assertTrue(fixture.catalog.servable("m"));
    }

    @Test
    void waitsForTheRestOfAZip() throws IOException {
        Path zip = write(procedural("m"), "1.0.0");
        byte[] whole = Files.readAllBytes(zip);
        for (int part : new int[] {whole.length / 3, whole.length - 1}) {
            Files.write(zip, Arrays.copyOf(whole, part));
            fixture.settle().settle();
            assertEquals(
                    PluginStatus.State.WAITING,
                    fixture.status("test-m-1.0.0.zip").state());
        }

        Files.write(zip, whole);
        fixture.settle();

        fixture.assertServes("test-m", "1.0.0");
        assertEquals(1, fixture.registry.plugins().size());
    }

    @Test
    void replacesAPluginByANewerVersionAndLetsGoOfTheOld() throws IOException {
        Path old = write(procedural("m"), "1.0.0");
        fixture.settle();
        Instant since = fixture.status("test-m").since();
        WeakReference<ClassLoader> before = new WeakReference<>(fixture.loader("test-m"));

        write(procedural("m"), "1.1.0");
        fixture.settle();
        fixture.assertServes("test-m", "1.1.0");
        assertFalse(fixture.status("test-m").since().isBefore(since));
        awaitGone(before);

        Files.delete(old);
        Set<Path> loaded = unpacked();
        fixture.settle();
        fixture.assertServes("test-m", "1.1.0");
        assertEquals(loaded, unpacked(), "the old zip's copy went with its generation or with the zip");
    }

    private Set<Path> unpacked() throws IOException {
        try (Stream<Path> folders = Files.list(fixture.data.resolve("plugins"))) {
            return Set.copyOf(folders.filter(Files::isDirectory).toList());
        }
    }

    @Test
    void servesOnFromTheGenerationThatIsHeldUntilItIsReleased() throws IOException {
        write(procedural("m"), "1.0.0");
        fixture.settle();
        HeldModel held = fixture.catalog.hold("m").orElseThrow();
        WeakReference<ClassLoader> before = new WeakReference<>(fixture.loader("test-m"));

        write(procedural("m"), "2.0.0");
        fixture.settle();

        assertTrue(held.isRetired());
        assertSame(before.get(), held.plugin().getClass().getClassLoader());
        assertEquals("m", held.plugin().descriptor().modelId());
        try (HeldModel now = fixture.catalog.hold("m").orElseThrow()) {
            assertFalse(now.isRetired());
            assertNotSame(before.get(), now.plugin().getClass().getClassLoader());
        }
        held.close();
        held = null;
        awaitGone(before);
    }

    @Test
    void keepsWhatAnOlderGenerationIsLoadedFromWhileAnyIsHeld() throws IOException {
        write(procedural("base"), "1.0.0");
        write(procedural("top").property("plugin.dependencies", "test-base"), "1.0.0");
        fixture.settle();
        HeldModel held = fixture.catalog.hold("base").orElseThrow();
        Set<Path> first = unpacked();

        write(procedural("top").property("plugin.dependencies", "test-base"), "1.1.0");
        fixture.settle();
        HeldModel second = fixture.catalog.hold("base").orElseThrow();
        Files.delete(fixture.plugins.resolve("test-base-1.0.0.zip"));
        Files.delete(fixture.plugins.resolve("test-top-1.0.0.zip"));
        write(procedural("base"), "1.1.0");
        fixture.settle();
        second.close();
        second.route().generation().ended().join();

        assertTrue(unpacked().containsAll(first), "the first generation still loads classes from it");
        held.close();
        held.route().generation().ended().join();
        assertEquals(2, unpacked().size(), "what serves");
    }

    @Test
    void unloadsAPluginWhoseZipIsGone() throws IOException {
        Path zip = write(procedural("m"), "1.0.0");
        write(procedural("other"), "1.0.0");
        fixture.settle();
        WeakReference<ClassLoader> before = new WeakReference<>(fixture.loader("test-m"));

        Files.delete(zip);
        fixture.registry.scan();
        fixture.assertServes("test-m", "1.0.0");
        fixture.registry.scan();

        assertEquals(Optional.empty(), fixture.find("test-m"));
        assertEquals(Optional.empty(), fixture.catalog.hold("m"));
        assertEquals(Set.of("m"), fixture.registry.takeGone());
        assertEquals(Set.of(), fixture.registry.takeGone());
        fixture.assertServes("test-other", "1.0.0");
        awaitGone(before);
    }

    @Test
    void keepsTheOldVersionWhenTheNewOneFails() throws IOException {
        write(procedural("m"), "1.0.0");
        fixture.settle();
        ClassLoader before = fixture.loader("test-m");

        write(procedural("m").setting("constructorFailure", "too new"), "2.0.0");
        fixture.settle().settle();

        fixture.assertServes("test-m", "1.0.0");
        assertSame(before, fixture.loader("test-m"));
        assertTrue(fixture.status("test-m").reason().contains("2.0.0 was not taken"));
        assertTrue(fixture.status("test-m").reason().contains("too new"));

        write(procedural("m"), "2.0.1");
        fixture.settle();
        fixture.assertServes("test-m", "2.0.1");
    }

    @Test
    void keepsWhatServesWhenItsZipIsOverwrittenWithABadOne() throws IOException {
        Path zip = write(procedural("m"), "1.0.0");
        fixture.settle();

        write(procedural("m").setting("outOfMemory", "yes"), "1.0.0");
        fixture.settle();
        fixture.assertServes("test-m", "1.0.0");

        Files.writeString(zip, "no zip any more");
        fixture.settle();
        fixture.assertServes("test-m", "1.0.0");

        Path bare = procedural("x")
                .file("classes/org/pf4j/Plugin.class", new byte[1])
                .writeTo(folder);
        Files.move(bare, zip, StandardCopyOption.REPLACE_EXISTING);
        fixture.settle();
        fixture.assertServes("test-m", "1.0.0");
        fixture.assertFailed("test-m-1.0.0.zip", "org/pf4j/Plugin.class");
        assertTrue(fixture.catalog.servable("m"));
    }

    @Test
    void exchangesWhatBuildsOnAPluginWithIt() throws IOException {
        write(procedural("base"), "1.0.0");
        write(procedural("top").property("plugin.dependencies", "test-base"), "1.0.0");
        fixture.settle();
        ClassLoader top = fixture.loader("test-top");

        write(procedural("base"), "1.5.0");
        fixture.settle();

        fixture.assertServes("test-base", "1.5.0");
        fixture.assertServes("test-top", "1.0.0");
        assertNotSame(top, fixture.loader("test-top"));
    }

    @Test
    void doesNotBreakWhatBuildsOnAPluginByItsNewVersion() throws IOException {
        write(procedural("base"), "1.0.0");
        write(procedural("top").property("plugin.dependencies", "test-base@<2.0.0"), "1.0.0");
        fixture.settle();
        ClassLoader top = fixture.loader("test-top");

        write(procedural("base"), "2.0.0");
        fixture.settle();

        fixture.assertServes("test-base", "1.0.0");
        fixture.assertServes("test-top", "1.0.0");
        assertSame(top, fixture.loader("test-top"));
        assertTrue(fixture.status("test-base").reason().contains("test-top 1.0.0 cannot go with it"));
    }

    @Test
    void addsAndDropsWhatBuildsOnAPlugin() throws IOException {
        write(procedural("base"), "1.0.0");
        fixture.settle();
        Path top = write(procedural("top").property("plugin.dependencies", "test-base"), "1.0.0");
        write(
                procedural("bad").setting("constructorFailure", "no").property("plugin.dependencies", "test-base"),
                "1.0.0");
        fixture.settle();
        fixture.assertServes("test-base", "1.0.0");
        fixture.assertServes("test-top", "1.0.0");
        fixture.assertFailed("test-bad", "no");

        Files.delete(top);
        fixture.settle();
        fixture.assertServes("test-base", "1.0.0");
        assertEquals(Optional.empty(), fixture.find("test-top"));
        assertEquals(Set.of("top"), fixture.registry.takeGone());
    }

    @Test
    void startsTheSecondDeclarerOfAModelWhenTheFirstIsGone() throws IOException {
        Path first = write(procedural("m"), "1.0.0");
        fixture.settle();
        write(procedural("m").property("plugin.id", "a-second"), "1.0.0");
        fixture.settle();
        fixture.assertServes("test-m", "1.0.0");
        fixture.assertFailed("a-second", "declared by plugin test-m already");

        Files.delete(first);
        fixture.settle();
        fixture.assertServes("a-second", "1.0.0");
        assertEquals(Set.of(), fixture.registry.takeGone(), "the model is still declared");
    }

    static void awaitGone(WeakReference<?> reference) {
        Instant end = Instant.now().plusSeconds(20);
        while (reference.get() != null && Instant.now().isBefore(end)) {
            System.gc();
            LockSupport.parkNanos(20_000_000);
        }
        assertNull(reference.get(), "its classes are still held");
    }
}
