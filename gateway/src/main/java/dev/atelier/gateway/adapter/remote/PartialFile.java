package dev.atelier.gateway.adapter.remote;

import dev.atelier.gateway.files.PrivateFiles;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/** A file that is coming over, under a name of its own until it is whole. Blocks; used by one task at a time. */
final class PartialFile implements AutoCloseable {
    private final Path path;
    private final FileChannel channel;

    private PartialFile(Path path, FileChannel channel) {
        this.path = path;
        this.channel = channel;
    }

    static PartialFile create(Path path) throws IOException {
        return new PartialFile(path, PrivateFiles.create(path, PrivateFiles.Access.OWNER));
    }

    Path path() {
        return path;
    }

    void write(long position, Buffer content) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(content.getBytes());
        long at = position;
        while (bytes.hasRemaining()) {
            at += channel.write(bytes, at);
        }
    }

    /** Forgets what lies behind a length. */
    void truncate(long length) throws IOException {
        channel.truncate(length);
    }

    /** Brings everything to the disk. */
    void sync() throws IOException {
        channel.force(true);
    }

    /** Gives the file its name, so that it is there as a whole, also after a loss of power, or not at all. */
    void publish(Path target) throws IOException {
        Files.move(path, target, StandardCopyOption.ATOMIC_MOVE);
        try (FileChannel folder = FileChannel.open(target.getParent(), StandardOpenOption.READ)) {
            folder.force(true);
        } catch (IOException e) {
            // Not every system can bring a folder to the disk; the file's content is there already.
        }
    }

    /** Lets the file go, and removes it where it has not been published. */
    @Override
    public void close() throws IOException {
        channel.close();
        Files.deleteIfExists(path);
    }
}
