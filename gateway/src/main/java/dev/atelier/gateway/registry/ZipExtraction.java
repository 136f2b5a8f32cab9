package dev.atelier.gateway.registry;

import dev.atelier.gateway.files.PrivateFiles;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.Normalizer;
import java.util.Enumeration;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;

/**
 * Unpacks a zip whose directory was checked into an empty folder, within bounds. What the entries declare is not
 * believed: bytes are counted while they are written.
 */
final class ZipExtraction {
    private static final int BUFFER = 1 << 16;
    private static final int NAME_SHOWN = 200;
    private static final Pattern UNSAFE = Pattern.compile("[\\\\:\\p{Cntrl}\\p{Cf}]");

    private final Path target;
    private final ZipBounds bounds;
    private final long zipBytes;
    /** Every file and folder by its path as a file system without case would know it, and how it was written. */
    private final Map<String, Written> written = new HashMap<>();

    private final byte[] buffer = new byte[BUFFER];
    private long total;

    private record Written(String path, boolean folder) {}

    private ZipExtraction(Path target, ZipBounds bounds, long zipBytes) {
        this.target = target;
        this.bounds = bounds;
        this.zipBytes = zipBytes;
    }

    /** Hears of each unpacked file. */
    interface Check {
        /**
         * Checks a file.
         *
         * @param name the entry's path
         * @throws IOException when the plugin may not hold it
         */
        void unpacked(String name, Path file) throws IOException;
    }

    /**
     * Unpacks a zip.
     *
     * @throws ZipException when an entry is damaged
     * @throws IOException naming the entry that exceeds a bound, has an unsafe path or collides with another
     */
    static void extract(Path zip, Path target, ZipBounds bounds, Check check) throws IOException {
        ZipExtraction extraction = new ZipExtraction(target, bounds, Files.size(zip));
        try (ZipFile file = new ZipFile(zip.toFile())) {
            Enumeration<? extends ZipEntry> entries = file.entries();
            while (entries.hasMoreElements()) {
                ZipEntry entry = entries.nextElement();
                Path path = extraction.claim(entry.getName(), entry.isDirectory());
                if (entry.isDirectory()) {
                    PrivateFiles.createFolders(path, PrivateFiles.Access.OWNER);
                } else {
                    PrivateFiles.createFolders(path.resolveSibling(""), PrivateFiles.Access.OWNER);
                    extraction.write(file, entry, path);
                    check.unpacked(entry.getName(), path);
                }
            }
        }
    }

    private static String shown(String name) {
        return "'" + (name.length() <= NAME_SHOWN ? name : name.substring(0, NAME_SHOWN) + "...") + "'";
    }

    /** Returns where an entry goes, once its path is safe and no other entry has it. */
    private Path claim(String name, boolean folder) throws IOException {
        if (name.length() > bounds.pathLength()) {
            throw new IOException("the path of the zip's entry " + shown(name) + " may have at most "
                    + bounds.pathLength() + " characters but has " + name.length());
        }
        String path = folder ? name.substring(0, name.length() - 1) : name;
        for (String part : path.split("/", -1)) {
            if (part.isEmpty()
                    || part.equals(".")
                    || part.equals("..")
                    || UNSAFE.matcher(part).find()) {
                throw new IOException(
                        "the zip's entry " + shown(name) + " has no plain path inside the plugin's folder");
            }
        }
        for (int slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1)) {
            claim(name, new Written(path.substring(0, slash), true));
        }
        claim(name, new Written(path, folder));
        return target.resolve(path);
    }

    private void claim(String name, Written now) throws IOException {
        String key = Normalizer.normalize(now.path(), Normalizer.Form.NFC).toLowerCase(Locale.ROOT);
        Written before = written.putIfAbsent(key, now);
        if (written.size() > 2 * bounds.entries()) {
            throw new IOException("the zip holds too many folders");
        }
        if (before != null && !(before.folder() && before.equals(now))) {
            throw new IOException("the zip's entry " + shown(name) + " collides with " + shown(before.path()));
        }
    }

    private void write(ZipFile file, ZipEntry entry, Path path) throws IOException {
        CRC32 checksum = new CRC32();
        long bytes = 0;
        try (InputStream in = file.getInputStream(entry);
                OutputStream out = PrivateFiles.newOutputStream(path)) {
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                bytes += read;
                count(entry.getName(), bytes, read);
                checksum.update(buffer, 0, read);
                out.write(buffer, 0, read);
            }
        } catch (EOFException e) {
            ZipException early = new ZipException(entry.getName() + " ends early");
            early.initCause(e);
            throw early;
        }
        if (entry.getCrc() != checksum.getValue()) {
            throw new ZipException(entry.getName() + " is damaged");
        }
    }

    private void count(String name, long entryBytes, int read) throws IOException {
        total += read;
        if (entryBytes > bounds.entryBytes()) {
            throw new IOException(
                    "the zip's entry " + shown(name) + " unpacks to more than " + bounds.entryBytes() + " bytes");
        }
        if (total > bounds.totalBytes()) {
            throw new IOException("the zip unpacks to more than " + bounds.totalBytes() + " bytes");
        }
        if (total > ZipBounds.RATIO_FROM && total / bounds.ratio() > zipBytes) {
            throw new IOException("the zip unpacks to more than " + bounds.ratio() + " times its size");
        }
    }
}
