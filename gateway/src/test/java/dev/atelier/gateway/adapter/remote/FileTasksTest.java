package dev.atelier.gateway.adapter.remote;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.atelier.gateway.files.PrivateFiles;
import dev.atelier.gateway.storage.StorageFolder;
import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

class FileTasksTest {
    private static final Vertx VERTX = Vertx.vertx();

    @AfterAll
    static void close() {
        VERTX.close().await();
    }

    private static FileTasks tasks() {
        return new FileTasks(
                VERTX, "files", new StorageFolder("downloads", Path.of("target"), PrivateFiles.Access.OWNER));
    }

    private static PipelineException failure(IOException cause) {
        FileTasks.Action action = () -> {
            throw cause;
        };
        return assertThrows(PipelineException.class, tasks().run("https://h/x", action)::await);
    }

    @Test
    void tellsAFullDiskFromOtherFailures() {
        String secret = "/var/cache/atelier/x.part";
        for (IOException full : List.of(
                new IOException("No space left on device"),
                new FileSystemException(secret, null, "No space left on device"),
                new FileSystemException(secret, null, "Disk quota exceeded"))) {
            PipelineException failure = failure(full);
            assertEquals(ErrorCode.STORAGE_FULL, failure.code());
            assertFalse(failure.getMessage().contains(secret), failure.getMessage());
        }
        assertEquals(
                ErrorCode.STORAGE_UNAVAILABLE,
                failure(new AccessDeniedException(secret)).code());
    }
}
