package dev.atelier.gateway.registry;

import dev.atelier.gateway.files.PrivateFiles;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Enumeration;
import java.util.HexFormat;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;

/**
 * A plugin's zip, checked and unpacked where the gateway alone writes. The zip holds {@code plugin.properties}, its
 * classes under {@code classes/} and its libraries as {@code lib/*.jar}; nothing is loaded from the folder that it came
 * from, which may be read-only or change at any moment.
 *
 * @param zip where it came from
 * @param sha256 of the zip; names the folder that it is unpacked to
 * @param content the unpacked files
 */
record PluginArchive(Path zip, String sha256, Path content) {
    /** The folder of the unpacked files within the one that the hash names, beside the zip's copy. */
    private static final String CONTENT = "content";

    private static final String COPY = "plugin.zip";

    /**
     * Copies, checks and unpacks a zip, unless an earlier start did.
     *
     * @throws ZipException when it is not whole
     * @throws IOException when it is no plugin, or is not trusted
     */
    static PluginArchive unpack(Path zip, UnpackFolder unpacked, TrustedKeys trusted) throws IOException {
        requireWhole(zip); // before a part is read again and again
        String sha256 = copyHashing(zip, OutputStream.nullOutputStream());
        Path folder = unpacked.of(sha256);
        if (Files.notExists(folder)) {
            return unpackCopy(zip, unpacked, trusted);
        }
        trusted.check(folder.resolve(COPY), TrustedKeys.signatureOf(zip));
        return new PluginArchive(zip, sha256, folder.resolve(CONTENT));
    }

    private static PluginArchive unpackCopy(Path zip, UnpackFolder unpacked, TrustedKeys trusted) throws IOException {
        Path scratch = unpacked.newScratch();
        try {
            Path copy = scratch.resolve(COPY);
            // what is unpacked is what was hashed, whatever happens to the original meanwhile
            String sha256 = copyHashing(zip, PrivateFiles.newOutputStream(copy));
            requireWhole(copy);
            trusted.check(copy, TrustedKeys.signatureOf(zip));
            Path folder = unpacked.of(sha256);
            if (Files.notExists(folder)) {
                Path content = PrivateFiles.createFolders(scratch.resolve(CONTENT), PrivateFiles.Access.OWNER);
                ZipExtraction.extract(copy, content, ZipBounds.DEFAULT, PluginArchive::checkFile);
                moveInto(scratch, folder);
            }
            return new PluginArchive(zip, sha256, folder.resolve(CONTENT));
        } finally {
            UnpackFolder.deleteAll(scratch);
        }
    }

    private static String copyHashing(Path from, OutputStream to) throws IOException {
        MessageDigest digest = newDigest();
        try (OutputStream out = new DigestOutputStream(to, digest)) {
            Files.copy(from, out);
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private static void requireWhole(Path zip) throws IOException {
        ZipDirectory.check(zip, ZipBounds.DEFAULT);
        try (ZipFile file = new ZipFile(zip.toFile())) {
            file.size();
        } catch (IllegalArgumentException e) {
            throw wrong(String.valueOf(e.getMessage()), e);
        }
    }

    private static ZipException wrong(String message, Throwable cause) {
        ZipException wrong = new ZipException(message);
        wrong.initCause(cause);
        return wrong;
    }

    private static MessageDigest newDigest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    // Where folders cannot be locked, another gateway may have unpacked the same zip meanwhile: its folder has the same
    // content by its name.
    private static void moveInto(Path scratch, Path folder) throws IOException {
        try {
            Files.move(scratch, folder, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            if (!Files.isDirectory(folder)) {
                throw e;
            }
        }
    }

    private static void checkFile(String name, Path file) throws IOException {
        if (name.startsWith("classes/")) {
            refuseShared(name.substring("classes/".length()), name);
        }
        if (name.startsWith("lib/") && name.endsWith(".jar")) {
            checkLibrary(file, name);
        }
    }

    // The directory is what classes are found by; nothing of the jar is unpacked, however large it would become.
    private static void checkLibrary(Path jar, String name) throws IOException {
        try {
            ZipDirectory.check(jar, ZipBounds.DEFAULT);
            try (ZipFile file = new ZipFile(jar.toFile())) {
                Enumeration<? extends ZipEntry> entries = file.entries();
                while (entries.hasMoreElements()) {
                    refuseShared(entries.nextElement().getName(), name);
                }
            }
        } catch (ZipException | IllegalArgumentException e) {
            throw new IOException(name + " is no jar: " + e.getMessage(), e); // the zip around it is whole
        }
    }

    private static void refuseShared(String path, String where) throws IOException {
        if (path.endsWith(".class") && SharedClasses.isShared(path)) {
            throw new IOException("the zip brings " + path + " in " + where
                    + ", which the gateway provides; a second copy breaks both");
        }
    }
}
