package dev.atelier.gateway.storage;

import dev.atelier.plugin.ErrorCode;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Why a folder of this gateway cannot be used. It is the worker's fault and not a job's: another worker may do the job.
 *
 * @param folder the folder's name, such as {@code outputs}
 * @param code STORAGE_FULL or STORAGE_UNAVAILABLE
 * @param problem for people, without a path
 * @param neededBytes how much was to be written when the disk was full; 0 when that is not known
 */
public record StorageFault(String folder, ErrorCode code, String problem, long neededBytes) {
    private static final int RETRY_SECONDS = 60;
    /** A file system keeps some room to itself: where less is left beside a file, the file did not fit. */
    private static final long SPARE_BYTES = 4096;

    // The system's words are all that Java tells, in a message or in a reason.
    private static final List<String> FULL =
            List.of("No space left on device", "Disk quota exceeded", "not enough space on the disk");
    private static final List<String> BROKEN =
            List.of("Input/output error", "Read-only file system", "Stale file handle", "Transport endpoint is not");

    /** Creates the fault of a folder that cannot be used. */
    static StorageFault unavailable(StorageFolder folder, String problem) {
        return new StorageFault(folder.name(), ErrorCode.STORAGE_UNAVAILABLE, problem, 0);
    }

    /** Creates the fault of a folder without enough room. */
    static StorageFault full(StorageFolder folder, String problem) {
        return new StorageFault(folder.name(), ErrorCode.STORAGE_FULL, problem, 0);
    }

    /** Creates the fault of a folder that did not answer in time. */
    public static StorageFault silent(StorageFolder folder, long millis) {
        return unavailable(folder, "it does not answer within " + millis + " ms");
    }

    /**
     * Creates the fault of a folder that an operation failed in; blocks.
     *
     * @param bytes how many were to be written; 0 when that is not known
     */
    public static StorageFault of(StorageFolder folder, IOException failure, long bytes) {
        return isFull(failure) || lacksRoom(folder, failure, bytes)
                ? new StorageFault(folder.name(), ErrorCode.STORAGE_FULL, "its disk is full", bytes)
                : unavailable(folder, reason(failure));
    }

    /**
     * Returns the code of a failure of this machine's file system among the causes of a failure; empty where there is
     * none. What a file's content causes, such as an unexpected end, is none.
     */
    public static Optional<ErrorCode> codeOf(Throwable failure) {
        return Stream.iterate(failure, cause -> cause != null, Throwable::getCause)
                .filter(IOException.class::isInstance)
                .map(IOException.class::cast)
                .filter(cause -> cause instanceof FileSystemException || isFull(cause) || says(cause, BROKEN))
                .findFirst()
                .map(cause -> isFull(cause) ? ErrorCode.STORAGE_FULL : ErrorCode.STORAGE_UNAVAILABLE);
    }

    /** Returns why an operation failed, in the system's words, without a path. */
    public static String reason(IOException failure) {
        if (failure instanceof NoSuchFileException) {
            return "it does not exist";
        }
        if (failure instanceof AccessDeniedException) {
            return "permission denied";
        }
        if (failure instanceof NotDirectoryException || failure instanceof FileAlreadyExistsException) {
            return "a file is in its place";
        }
        if (failure instanceof FileSystemLoopException) {
            return "it is a loop of links";
        }
        String reason = failure instanceof FileSystemException named ? named.getReason() : failure.getMessage();
        return reason == null ? failure.getClass().getSimpleName() : reason;
    }

    private static boolean isFull(IOException failure) {
        return says(failure, FULL);
    }

    private static boolean says(IOException failure, List<String> words) {
        String message = String.valueOf(failure.getMessage());
        return words.stream().anyMatch(message::contains);
    }

    // Where the system speaks another language, what is left tells it.
    private static boolean lacksRoom(StorageFolder folder, IOException failure, long bytes) {
        boolean named = failure.getClass() != IOException.class && failure.getClass() != FileSystemException.class;
        return !named && folder.usableBytes().orElse(Long.MAX_VALUE) < bytes + SPARE_BYTES;
    }

    /** Returns the fault as a failure whose message names the folder. */
    public StorageException exception(@Nullable Throwable cause) {
        return new StorageException(
                this,
                "The server's folder for " + folder + " cannot be used: " + problem,
                Map.of("retry_after_seconds", RETRY_SECONDS),
                cause);
    }
}
