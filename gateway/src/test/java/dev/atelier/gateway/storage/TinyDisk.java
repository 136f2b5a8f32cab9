package dev.atelier.gateway.storage;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A volume in memory, mounted for a test. Where this process may not mount, the test is skipped. */
public final class TinyDisk implements AutoCloseable {
    private final Path folder;
    private int kilobytes;
    private boolean mounted;

    private TinyDisk(Path folder, int kilobytes) {
        this.folder = folder;
        this.kilobytes = kilobytes;
    }

    /** Mounts a volume on a folder, which is created. */
    public static TinyDisk mount(Path folder, int kilobytes) throws IOException {
        Files.createDirectories(folder);
        TinyDisk disk = new TinyDisk(folder, kilobytes);
        assumeTrue(disk.tryMount(), "this process may not mount a volume");
        return disk;
    }

    private boolean tryMount() throws IOException {
        mounted = run(List.of("mount", "-t", "tmpfs", "-o", "size=" + kilobytes + "k", "tmpfs", folder.toString()));
        return mounted;
    }

    /** Unmounts it; the empty folder below stays. */
    public void unmount() throws IOException {
        // lazily, because a check may have a file open
        mounted = !run(List.of("umount", "-l", folder.toString()));
        assumeTrue(!mounted, "the volume was not unmounted");
    }

    /** Mounts a new volume in its place. */
    public void mountAgain() throws IOException {
        assumeTrue(tryMount(), "the volume was not mounted again");
    }

    /** Makes it read-only, or writable again. */
    public void remount(boolean readOnly) throws IOException {
        String options = "remount,size=" + kilobytes + "k," + (readOnly ? "ro" : "rw");
        assumeTrue(run(List.of("mount", "-o", options, folder.toString())), "the volume was not mounted anew");
    }

    /** Makes it larger. */
    public void resize(int more) throws IOException {
        kilobytes = more;
        remount(false);
    }

    /** Fills it with one file, which is returned. */
    public Path fill() throws IOException {
        Path file = folder.resolve("filling");
        try {
            Files.write(file, new byte[2 * kilobytes * 1024]);
        } catch (IOException e) {
            return file; // as full as it can be
        }
        throw new IOException("the volume is larger than it should be");
    }

    private static boolean run(List<String> command) throws IOException {
        Process process;
        try {
            process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
        } catch (IOException e) {
            return false; // the system has no such command
        }
        try {
            return process.waitFor(30, TimeUnit.SECONDS) && process.exitValue() == 0;
        } catch (InterruptedException e) {
            throw new IOException("interrupted", e);
        }
    }

    @Override
    public void close() throws IOException {
        if (mounted) {
            unmount();
        }
    }
}
