package dev.atelier.gateway.registry;

import static dev.atelier.gateway.testplugin.TestPlugin.procedural;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineDescriptor;
import dev.atelier.plugin.PipelineException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is done to plugins by hand, and what a plugin that does not come back costs. */
class PluginSteeringTest {
    @TempDir
    Path folder;

    private DropInFixture fixture;

    @BeforeEach
    void open() throws IOException {
        procedural("m").writeTo(folder.resolve("plugins"));
        fixture = new DropInFixture(folder);
    }

    @AfterEach
    void close() {
        fixture.close();
    }

    @Test
    void switchesAPluginOffAlsoForLaterStarts() {
        PipelineDescriptor declared = fixture.catalog.find("m").orElseThrow();
        PluginStatus off = fixture.registry.turn("test-m", false);

        assertEquals(PluginStatus.State.DISABLED, off.state());
        assertFalse(fixture.catalog.servable("m"));
        assertTrue(fixture.catalog.whyNotServable("m").orElseThrow().contains("disabled"));
        assertTrue(fixture.catalog.find("m").isPresent(), "it is declared all the same");
        assertEquals(Set.of("m"), fixture.registry.takeGone());

        fixture.close();
        fixture = new DropInFixture(folder);
        assertEquals(PluginStatus.State.DISABLED, fixture.status("test-m").state());
        assertEquals(List.of(declared), fixture.status("test-m").declared());
        assertEquals(Optional.of(declared), fixture.catalog.find("m"), "it is declared at a later start, too");
        assertTrue(fixture.catalog.whyNotServable("m").orElseThrow().contains("disabled"));

        assertEquals(
                PluginStatus.State.STARTED,
                fixture.registry.turn("test-m", true).state());
        assertTrue(fixture.catalog.servable("m"));
    }

    @Test
    void keepsTheSwitchesOfAnotherGatewayOnItsDataFolder() throws IOException {
        procedural("n").writeTo(fixture.plugins);
        fixture.settle();
        try (DropInFixture other = new DropInFixture(folder)) {
            fixture.registry.turn("test-n", false);
            other.registry.turn("test-m", false);
            assertEquals(PluginStatus.State.STARTED, other.status("test-n").state(), "each gateway has its own");
        }

        fixture.close();
        fixture = new DropInFixture(folder);

        assertEquals(PluginStatus.State.DISABLED, fixture.status("test-m").state());
        assertEquals(PluginStatus.State.DISABLED, fixture.status("test-n").state());
    }

    @Test
    void readsAPluginThatIsSwitchedOffByItsIdAlone() throws IOException {
        fixture.close();
        Files.writeString(fixture.data.resolve("plugins/disabled"), "test-m\nbroken\tno JSON\n");

        fixture = new DropInFixture(folder);

        assertEquals(PluginStatus.State.DISABLED, fixture.status("test-m").state());
        assertEquals(List.of(), fixture.status("test-m").declared());
    }

    @Test
    void loadsAPluginAnew() {
        ClassLoader before = fixture.loader("test-m");

        assertEquals(
                PluginStatus.State.STARTED, fixture.registry.reload("test-m").state());

        assertNotSame(before, fixture.loader("test-m"));
        assertEquals(Set.of(), fixture.registry.takeGone());
    }

    @Test
    void readsAZipAnewThatHasNotChanged() throws IOException {
        byte[] good = Files.readAllBytes(padded("0.0.1", 2_000));
        long missing = good.length - Files.size(padded("a.b.c", 1_000));
        Path zip = padded("a.b.c", (int) (1_000 + missing));
        assertEquals(good.length, Files.size(zip));
        FileTime time = Files.getLastModifiedTime(zip);
        fixture.settle();
        fixture.assertFailed("test-n-1.0.0.zip", "a.b.c");

        Files.write(zip, good);
        Files.setLastModifiedTime(zip, time);
        fixture.settle();
        fixture.assertFailed("test-n-1.0.0.zip", "a.b.c");

        assertEquals("test-n", fixture.registry.reload("test-n-1.0.0.zip").id());
        fixture.assertServes("test-n", "1.0.0");
    }

    private Path padded(String range, int bytes) throws IOException {
        byte[] noise = new byte[bytes];
        new Random(1).nextBytes(noise);
        return procedural("n")
                .property("plugin.requires", ">=" + range)
                .file("noise", noise)
                .writeTo(fixture.plugins);
    }

    @Test
    void knowsNoOtherPlugin() {
        for (Runnable action :
                new Runnable[] {() -> fixture.registry.reload("other"), () -> fixture.registry.turn("other", false)}) {
            assertEquals(
                    ErrorCode.PLUGIN_NOT_FOUND,
                    assertThrows(PipelineException.class, action::run).code());
        }
    }

    @Test
    void leavesAPluginThatDoesNotComeBackToItself() throws IOException {
        procedural("stuck").setting("constructorHang", "yes").writeTo(fixture.plugins);
        procedural("good").writeTo(fixture.plugins);

        fixture.settle().settle();

        fixture.assertFailed("test-stuck", "longer than 2 seconds");
        fixture.assertServes("test-good", "1.0.0");
        fixture.assertServes("test-m", "1.0.0");
        assertEquals(1, fixture.registry.abandonedThreads(), "it is not tried again and again");
    }

    @Test
    void failsAPluginThatCannotOpenItsModelUntilItIsLoadedAnew() {
        try (HeldModel held = fixture.catalog.hold("m").orElseThrow()) {
            fixture.catalog.fail(held, new NoClassDefFoundError("some/Missing"));
        }

        fixture.assertFailed("test-m", "some/Missing");
        assertFalse(fixture.catalog.servable("m"));
        assertEquals(Optional.empty(), fixture.catalog.hold("m"));
        assertEquals(Set.of(), fixture.registry.takeGone(), "not on purpose");
        fixture.settle();
        fixture.assertFailed("test-m", "some/Missing");

        fixture.registry.reload("test-m");
        assertTrue(fixture.catalog.servable("m"));
    }
}
