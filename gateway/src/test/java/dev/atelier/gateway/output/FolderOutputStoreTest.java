package dev.atelier.gateway.output;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.gateway.Await;
import dev.atelier.gateway.job.JobRequests;
import dev.atelier.gateway.job.OutputFormat;
import dev.atelier.gateway.job.OutputImage;
import dev.atelier.gateway.storage.StorageException;
import dev.atelier.plugin.EffectiveSettings;
import dev.atelier.plugin.ImageSize;
import dev.atelier.plugin.RgbImage;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FolderOutputStoreTest {
    private static final String ID = "0b29a886-1111-4222-8333-444455556666";
    private static final RgbImage IMAGE = new RgbImage(new ImageSize(2, 2), new byte[12]);

    private final Vertx vertx = Vertx.vertx();

    @TempDir
    Path folder;

    private Path base;
    private OutputStore store;

    @BeforeEach
    void open() {
        base = folder.resolve("a/outputs");
        store = new FolderOutputStore(vertx, base);
    }

    @AfterEach
    void close() {
        store.close().await();
        vertx.close().await();
    }

    private static OutputImage recorded(Path file) {
        EffectiveSettings effective =
                new EffectiveSettings(JobRequests.plan("p", 1), new ImageSize(2, 2), 1, List.of(), 1);
        return new OutputImage(0, OutputFormat.PNG, file.toString(), effective, List.of(), 1, 1);
    }

    @Test
    void namesFilesAsTheReferenceDoes() {
        assertEquals(
                base.resolve(ID + "_output_0.jpg"),
                store.save(ID, 0, 1, OutputFormat.JPEG, IMAGE).await().file());
        assertEquals(
                base.resolve(ID + "_output_3.png"),
                store.save(ID, 3, 1, OutputFormat.PNG, IMAGE).await().file());
    }

    @Test
    void keepsAttemptsApart() {
        assertEquals(
                base.resolve(ID + "_output_0.2.jpg"),
                store.save(ID, 0, 2, OutputFormat.JPEG, IMAGE).await().file());
    }

    @Test
    void writesTheWholePictureAndLeavesNothingBeside() throws IOException {
        Path file = store.save(ID, 0, 1, OutputFormat.PNG, IMAGE).await().file();

        assertArrayEquals(ImageEncoder.encode(IMAGE, OutputFormat.PNG), Files.readAllBytes(file));
        try (Stream<Path> files = Files.list(base)) {
            assertEquals(List.of(file), files.toList());
        }
    }

    @Test
    void leavesNothingWhenTheDiskRefuses() throws IOException {
        Files.createDirectories(base.resolve(ID + "_output_0.png/occupied"));

        assertThrows(
                StorageException.class,
                () -> store.save(ID, 0, 1, OutputFormat.PNG, IMAGE).await());
        try (Stream<Path> files = Files.list(base)) {
            assertEquals(1, files.count());
        }
    }

    @Test
    void findsAPictureThatAnotherGatewayWroteWhereItSeesTheSharedFolder() {
        Path file = store.save(ID, 0, 1, OutputFormat.PNG, IMAGE).await().file();
        Path elsewhere = folder.resolve("mounted/elsewhere").resolve(file.getFileName());

        Optional<Path> found = store.resolve(recorded(elsewhere)).await();

        assertTrue(found.isPresent() && found.get().endsWith(file.getFileName()), found.toString());
    }

    @Test
    void refusesAnIdThatCouldLeaveTheFolder() {
        assertThrows(
                IllegalArgumentException.class,
                () -> store.save("../x", 0, 1, OutputFormat.PNG, IMAGE).await());
    }

    @Test
    void findsARecordedPicture() throws IOException {
        Path file = store.save(ID, 0, 1, OutputFormat.PNG, IMAGE).await().file();

        assertEquals(
                Optional.of(file.toRealPath()), store.resolve(recorded(file)).await());
    }

    @Test
    void findsNothingOutsideItsFolder() throws IOException {
        Files.createDirectories(base);
        Path outside = Files.writeString(folder.resolve("secret"), "s");
        Path link = Files.createSymbolicLink(base.resolve("link"), outside);

        for (Path path : List.of(outside, link, base, base.resolve("absent"), base.resolve("../../secret"))) {
            assertEquals(Optional.empty(), store.resolve(recorded(path)).await(), path.toString());
        }
    }

    @Test
    void letsTheGroupReadAndNobodyElseWrite() throws IOException {
        Path file = store.save(ID, 0, 1, OutputFormat.PNG, IMAGE).await().file();

        assertEquals(PosixFilePermissions.fromString("rw-r-----"), Files.getPosixFilePermissions(file));
        assertEquals(PosixFilePermissions.fromString("rwxr-x---"), Files.getPosixFilePermissions(base));
    }

    @Test
    void writesThroughNoPlantedLink() throws IOException {
        Files.createDirectories(base);
        Path victim = Files.writeString(folder.resolve("victim"), "precious");
        String name = ID + "_output_0.png";
        Files.createSymbolicLink(base.resolve(name), victim);
        Files.createSymbolicLink(base.resolve("." + name + ".unfinished"), victim);

        Path file = store.save(ID, 0, 1, OutputFormat.PNG, IMAGE).await().file();

        assertEquals("precious", Files.readString(victim));
        assertFalse(Files.isSymbolicLink(file));
        assertArrayEquals(ImageEncoder.encode(IMAGE, OutputFormat.PNG), Files.readAllBytes(file));
    }

    @Test
    void removesUnfinishedFilesThatAKilledProcessLeft() throws Exception {
        Files.createDirectories(base);
        Path old = Files.createFile(base.resolve("." + ID + "_output_0.png.1.unfinished"));
        Files.setLastModifiedTime(old, FileTime.from(Instant.now().minus(Duration.ofHours(2))));
        Path fresh = Files.createFile(base.resolve("." + ID + "_output_1.png.1.unfinished"));

        store.watch(0, true, List.of()).await();
        Await.until("the removal", () -> Files.notExists(old));

        assertTrue(Files.exists(fresh));
    }
}
