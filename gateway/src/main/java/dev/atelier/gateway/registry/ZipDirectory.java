package dev.atelier.gateway.registry;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.zip.ZipException;

/**
 * Checks the directory of a zip before Java reads it as a whole into memory: its size, the number of its entries, and
 * that none is a symbolic link or another special file, which Java does not report.
 *
 * <pre>
 * at the end   22 bytes and a comment: "PK\5\6", ..., entries (2 bytes at 10), directory's size and offset (4 at 12, 16)
 * directory    per entry 46 bytes, name, extra field, comment: "PK\1\2", system (1 at 5), lengths of these three
 *              (2 at 28, 30, 32), attributes (4 at 38; the upper half is the Unix mode where the system is Unix)
 * </pre>
 */
final class ZipDirectory {
    private static final int END = 0x06054b50;
    private static final int ENTRY = 0x02014b50;
    private static final int END_BYTES = 22;
    private static final int ENTRY_BYTES = 46;
    private static final int MOST_COMMENT = 65_535;
    private static final int UNIX = 3;
    private static final int KIND = 0170000;
    private static final int FILE = 0100000;
    private static final int FOLDER = 0040000;

    private ZipDirectory() {}

    /**
     * Checks a zip.
     *
     * @throws ZipException when it has no directory, as while it is being copied
     * @throws IOException when the directory exceeds the bounds or holds a special file
     */
    static void check(Path zip, ZipBounds bounds) throws IOException {
        try (FileChannel channel = FileChannel.open(zip)) {
            long size = channel.size();
            if (size > bounds.zipBytes()) {
                throw new IOException(
                        "a plugin's zip may have at most " + bounds.zipBytes() + " bytes but has " + size);
            }
            ByteBuffer end = end(channel, size);
            int entries = end.getShort(10) & 0xffff;
            long length = end.getInt(12) & 0xffffffffL;
            long offset = size - (END_BYTES + (end.getShort(20) & 0xffff)) - length;
            if (entries > bounds.entries()) {
                throw tooMany(bounds);
            }
            // a name, an extra field and a comment of the greatest length for each entry would still be absurd
            if (length > (long) bounds.entries() * (ENTRY_BYTES + 2L * bounds.pathLength())) {
                throw new IOException("the zip's directory is too large: " + length + " bytes");
            }
            if (offset < 0) {
                throw new ZipException("its directory is not there in full");
            }
            checkEntries(read(channel, offset, (int) length), bounds);
        }
    }

    private static IOException tooMany(ZipBounds bounds) {
        return new IOException("a plugin's zip may hold at most " + bounds.entries() + " entries but holds more");
    }

    /** Finds the end record, behind which only its comment stands. */
    private static ByteBuffer end(FileChannel channel, long size) throws IOException {
        int length = (int) Math.min(size, END_BYTES + MOST_COMMENT);
        ByteBuffer tail = read(channel, size - length, length);
        for (int at = length - END_BYTES; at >= 0; at--) {
            if (tail.getInt(at) == END && at + END_BYTES + (tail.getShort(at + 20) & 0xffff) == length) {
                return tail.slice(at, length - at).order(ByteOrder.LITTLE_ENDIAN);
            }
        }
        throw new ZipException("its end is not there, or it is no zip");
    }

    private static void checkEntries(ByteBuffer directory, ZipBounds bounds) throws IOException {
        int at = 0;
        for (int count = 0; at < directory.limit(); count++) {
            if (count == bounds.entries()) {
                throw tooMany(bounds);
            }
            if (at + ENTRY_BYTES > directory.limit() || directory.getInt(at) != ENTRY) {
                throw new ZipException("its directory is damaged");
            }
            int mode = directory.getInt(at + 38) >>> 16;
            if (directory.get(at + 5) == UNIX && isSpecial(mode)) {
                throw new IOException("the zip holds a symbolic link or another special file, which no plugin needs");
            }
            at += ENTRY_BYTES
                    + (directory.getShort(at + 28) & 0xffff)
                    + (directory.getShort(at + 30) & 0xffff)
                    + (directory.getShort(at + 32) & 0xffff);
        }
    }

    private static boolean isSpecial(int mode) {
        int kind = mode & KIND;
        return kind != 0 && kind != FILE && kind != FOLDER;
    }

    private static ByteBuffer read(FileChannel channel, long position, int length) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
        while (bytes.hasRemaining()) {
            if (channel.read(bytes, position + bytes.position()) < 0) {
                throw new ZipException("it ended while it was read");
            }
        }
        return bytes.flip();
    }
}
