package dev.atelier.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.gateway.registry.KeyFiles;
import dev.atelier.gateway.registry.PluginRegistry;
import dev.atelier.gateway.registry.PluginStatus;
import dev.atelier.gateway.registry.TrustedKeys;
import dev.atelier.gateway.testplugin.TestPlugin;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code sign-plugin} signs is loaded by a server that trusts its key. */
class SignPluginTest {
    @TempDir
    Path folder;

    private int run(ByteArrayOutputStream messages, String... arguments) {
        PrintStream out = new PrintStream(messages, true, StandardCharsets.UTF_8);
        return Main.run(arguments, out, out, () -> {
            throw new AssertionError("nothing is served");
        });
    }

    @Test
    void makesAKeyAndSignsWithIt() throws IOException {
        Path zip = TestPlugin.procedural("m").writeTo(folder.resolve("plugins"));
        String key = folder.resolve("release").toString();
        ByteArrayOutputStream messages = new ByteArrayOutputStream();

        assertEquals(0, run(messages, "sign-plugin", "--new-key", key), messages.toString(StandardCharsets.UTF_8));
        assertEquals(
                0,
                run(messages, "sign-plugin", "--key", key + ".key", zip.toString()),
                messages.toString(StandardCharsets.UTF_8));

        TrustedKeys trusted = new TrustedKeys(KeyFiles.readPublic(Path.of(key + ".pub")));
        try (PluginRegistry registry = PluginRegistry.load(new PluginRegistry.Settings(
                folder.resolve("plugins"), folder.resolve("data"), Duration.ofSeconds(20), trusted))) {
            assertEquals(PluginStatus.State.STARTED, registry.plugins().get(0).state());
        }
    }

    @Test
    void keepsThePrivateKeyToItsOwnerAndFollowsNoPlantedLink() throws IOException {
        Path zip = TestPlugin.procedural("m").writeTo(folder.resolve("plugins"));
        Path victim = Files.writeString(folder.resolve("victim"), "precious");
        Files.createSymbolicLink(TrustedKeys.signatureOf(zip), victim);
        Path taken = folder.resolve("taken.key");
        Files.createSymbolicLink(taken, victim);
        String key = folder.resolve("release").toString();
        ByteArrayOutputStream messages = new ByteArrayOutputStream();

        assertEquals(
                2,
                run(
                        messages,
                        "sign-plugin",
                        "--new-key",
                        folder.resolve("taken").toString()));
        run(messages, "sign-plugin", "--new-key", key);
        assertEquals(0, run(messages, "sign-plugin", "--key", key + ".key", zip.toString()));

        assertEquals("precious", Files.readString(victim));
        assertEquals(
                PosixFilePermissions.fromString("rw-------"), Files.getPosixFilePermissions(Path.of(key + ".key")));
        assertEquals(
                PosixFilePermissions.fromString("rw-r--r--"),
                Files.getPosixFilePermissions(TrustedKeys.signatureOf(zip), LinkOption.NOFOLLOW_LINKS));
    }

    @Test
    void saysWhatItNeeds() {
        ByteArrayOutputStream messages = new ByteArrayOutputStream();

        assertEquals(2, run(messages, "sign-plugin"));
        assertEquals(
                2, run(messages, "sign-plugin", "--key", folder.resolve("none").toString(), "a.zip"));
        assertTrue(
                messages.toString(StandardCharsets.UTF_8).contains("--new-key"),
                messages.toString(StandardCharsets.UTF_8));
    }
}
