package dev.atelier.gateway.registry;

import static dev.atelier.gateway.testplugin.TestPlugin.procedural;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.Signature;
import java.util.Base64;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** Only what a trusted key signed is loaded. */
class TrustedKeysTest {
    @TempDir
    Path folder;

    private Path keys;
    private DropInFixture fixture;

    @BeforeEach
    void open() throws IOException {
        keys = Files.createDirectories(folder.resolve("keys"));
        for (String name : new String[] {"ours", "other"}) {
            KeyFiles.writeNew(keys.resolve(name + ".key"), keys.resolve(name + ".pub"));
        }
        fixture = new DropInFixture(folder, new TrustedKeys(KeyFiles.readPublic(keys.resolve("ours.pub"))));
    }

    @AfterEach
    void close() {
        fixture.close();
    }

    private byte[] sign(Path zip, String key) throws IOException, GeneralSecurityException {
        PrivateKey privateKey = KeyFiles.readPrivate(keys.resolve(key + ".key"));
        Signature signature = Signature.getInstance("Ed25519");
        signature.initSign(privateKey);
        signature.update(Files.readAllBytes(zip));
        return signature.sign();
    }

    @Test
    void loadsWhatATrustedKeySigned() throws Exception {
        Path raw = procedural("raw").writeTo(fixture.plugins);
        Files.write(TrustedKeys.signatureOf(raw), sign(raw, "ours"));
        Path text = procedural("text").writeTo(fixture.plugins);
        Files.writeString(
                TrustedKeys.signatureOf(text),
                Base64.getEncoder().encodeToString(sign(text, "ours")) + System.lineSeparator());

        fixture.settle();

        fixture.assertServes("test-raw", "1.0.0");
        fixture.assertServes("test-text", "1.0.0");
    }

    @Test
    void refusesEverythingElse() throws Exception {
        Path unsigned = procedural("unsigned").writeTo(fixture.plugins);
        Path foreign = procedural("foreign").writeTo(fixture.plugins);
        Files.write(TrustedKeys.signatureOf(foreign), sign(foreign, "other"));
        Path borrowed = procedural("borrowed").writeTo(fixture.plugins);
        Files.write(TrustedKeys.signatureOf(borrowed), sign(foreign, "ours"));
        Path garbage = procedural("garbage").writeTo(fixture.plugins);
        Files.writeString(TrustedKeys.signatureOf(garbage), "!");

        fixture.settle();

        fixture.assertFailed(unsigned.getFileName().toString(), "not signed");
        fixture.assertFailed(foreign.getFileName().toString(), "no trusted key");
        fixture.assertFailed(borrowed.getFileName().toString(), "no trusted key");
        fixture.assertFailed(garbage.getFileName().toString(), "no Ed25519 signature");
        assertEquals(0, fixture.catalog.declared().size());
    }

    @Test
    void checksWhatAStartWithoutKeysHasUnpacked() throws Exception {
        Path zip = procedural("m").writeTo(fixture.plugins);
        fixture.close();
        try (PluginRegistry trusting = PluginRegistry.load(fixture.plugins, fixture.data)) {
            assertEquals(PluginStatus.State.STARTED, trusting.plugins().get(0).state());
        }

        fixture = new DropInFixture(folder, new TrustedKeys(KeyFiles.readPublic(keys.resolve("ours.pub"))));
        fixture.assertFailed("test-m-1.0.0.zip", "not signed");

        Files.write(TrustedKeys.signatureOf(zip), sign(zip, "ours"));
        fixture.settle();
        fixture.assertServes("test-m", "1.0.0");
    }

    @Test
    void takesAZipUpWhoseSignatureComesLater() throws Exception {
        Path zip = procedural("m").writeTo(fixture.plugins);
        fixture.settle();
        fixture.assertFailed("test-m-1.0.0.zip", "not signed");

        Files.write(TrustedKeys.signatureOf(zip), sign(zip, "ours"));
        fixture.settle();
        fixture.assertServes("test-m", "1.0.0");
    }

    @Test
    void neitherSignsNorLoadsWhatIsTooLargeForMemory() throws Exception {
        Path zip = folder.resolve("large.zip");
        try (RandomAccessFile file = new RandomAccessFile(zip.toFile(), "rw")) {
            file.setLength((128 << 20) + 1);
        }
        TrustedKeys trusted = new TrustedKeys(KeyFiles.readPublic(keys.resolve("ours.pub")));
        PrivateKey key = KeyFiles.readPrivate(keys.resolve("ours.key"));

        for (Executable action : new Executable[] {() -> TrustedKeys.sign(zip, key), () -> trusted.check(zip, zip)}) {
            assertEquals(
                    "a signed zip may have at most 128 MiB",
                    assertThrows(IOException.class, action).getMessage());
        }
    }

    @Test
    void saysThatAKeyIsDamaged() throws IOException {
        for (String name : new String[] {"ours.key", "ours.pub"}) {
            Path file = keys.resolve(name);
            Files.writeString(file, Files.readString(file).replaceFirst("[A-Za-z0-9+/=](?=\n-----END)", "=AAA"));
        }

        for (Executable action : new Executable[] {
            () -> KeyFiles.readPrivate(keys.resolve("ours.key")), () -> KeyFiles.readPublic(keys.resolve("ours.pub"))
        }) {
            assertTrue(assertThrows(IOException.class, action).getMessage().contains("is damaged"));
        }
    }

    @Test
    void keepsThePrivateKeyToTheUserAndOverwritesNone() throws IOException {
        Path key = keys.resolve("ours.key");

        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(key)));
        assertThrows(IOException.class, () -> KeyFiles.writeNew(key, keys.resolve("new.pub")));
        assertThrows(IOException.class, () -> KeyFiles.readPublic(key));
        assertThrows(IOException.class, () -> KeyFiles.readPrivate(keys.resolve("ours.pub")));
    }
}
