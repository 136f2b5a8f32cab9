package dev.atelier.device;

import ai.onnxruntime.OrtEnvironment;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URL;
import java.net.URLConnection;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * ONNX Runtime's native libraries, unpacked once per user and not at each start: left alone the runtime unpacks its jar
 * into the temporary folder every time, for CUDA more than half a gigabyte. The folder is named after the jar and its
 * size, each file appears whole or not at all, and several processes may do this at once.
 */
final class RuntimeNatives {
    /** The runtime's own setting; an operator who gave it has prepared the folder. */
    private static final String FOLDER = "onnxruntime.native.path";

    /** Set by the gateway from NATIVES_DIR. */
    private static final String CHECKED = "atelier.natives";

    private static final List<String> ALWAYS =
            List.of("onnxruntime", "onnxruntime4j_jni", "onnxruntime_providers_shared");
    private static final String CUDA = "onnxruntime_providers_cuda";
    private static final Pattern JAR = Pattern.compile(".*/([^/!]+)\\.jar!/.*");

    private static final Set<PosixFilePermission> OWNER_ONLY = PosixFilePermissions.fromString("rwx------");

    private static final Set<PosixFilePermission> OTHERS_WRITE =
            Set.of(PosixFilePermission.GROUP_WRITE, PosixFilePermission.OTHERS_WRITE);

    private final Path base;
    private final boolean shared;

    /** Creates the view of a folder under which one folder per version lies. */
    RuntimeNatives(Path base) {
        this(base, false);
    }

    private RuntimeNatives(Path base, boolean shared) {
        this.base = base;
        this.shared = shared;
    }

    /** Returns the natives in a folder to which everybody may write, such as the one for temporary files. */
    static RuntimeNatives in(Path everybodys) {
        return new RuntimeNatives(everybodys.resolve("atelier-" + System.getProperty("user.name")), true);
    }

    /** Returns the natives of this user: in the folder that the gateway has checked, else in the user's cache. */
    static RuntimeNatives ofUser() {
        String checked = System.getProperty(CHECKED);
        if (checked != null) {
            return new RuntimeNatives(Path.of(checked));
        }
        String cache = System.getenv("XDG_CACHE_HOME");
        Path home =
                cache != null && !cache.isEmpty() ? Path.of(cache) : Path.of(System.getProperty("user.home"), ".cache");
        Path base = home.resolve("atelier").resolve("natives");
        try {
            if (base.isAbsolute()) { // Java says ? where the user has no home folder
                Files.createDirectories(base);
                if (Files.isWritable(base)) {
                    return new RuntimeNatives(base);
                }
            }
        } catch (IOException e) {
            // A home that cannot be written, as in a container: the temporary folder below does.
        }
        return in(Path.of(System.getProperty("java.io.tmpdir")));
    }

    /**
     * Unpacks what is not there yet and tells the runtime where it is. Must come before the runtime's first use.
     *
     * @param cuda whether the CUDA provider is wanted too
     * @throws IOException when it cannot be unpacked, or when others could have put something else in its place
     */
    synchronized void prepare(boolean cuda) throws IOException {
        String folder = System.getProperty(FOLDER);
        List<String> libraries = new ArrayList<>(ALWAYS);
        if (cuda) {
            libraries.add(CUDA);
        }
        if (folder == null) {
            Path prepared = unpack(libraries);
            if (prepared != null) {
                System.setProperty(FOLDER, prepared.toString());
            }
        } else if (Path.of(folder).startsWith(base)) {
            unpack(libraries);
        }
    }

    /** Returns the file of the CUDA provider, which {@link #prepare} may have unpacked. */
    static Path cudaProvider() {
        return Path.of(System.getProperty(FOLDER, ""))
                .resolve(System.mapLibraryName(CUDA))
                .toAbsolutePath();
    }

    // Null where the jar has no natives for this platform: the runtime then looks for a library of the system.
    private @Nullable Path unpack(List<String> libraries) throws IOException {
        if (shared) {
            claim(base);
        }
        Path folder = null;
        for (String library : libraries) {
            String name = System.mapLibraryName(library);
            URL resource = OrtEnvironment.class.getResource("/ai/onnxruntime/native/" + platform() + "/" + name);
            if (resource != null) {
                folder = base.resolve(version(resource));
                Files.createDirectories(folder);
                unpack(resource, folder.resolve(name));
            }
        }
        return folder;
    }

    /** What lies there is loaded as code: the folder must be this user's alone, whoever knew its name before. */
    private static void claim(Path folder) throws IOException {
        if (!Files.getFileStore(folder.getParent()).supportsFileAttributeView(PosixFileAttributeView.class)) {
            return; // where there are no such permissions, each user has a temporary folder of their own
        }
        try {
            Files.createDirectory(folder, PosixFilePermissions.asFileAttribute(OWNER_ONLY));
        } catch (FileAlreadyExistsException e) {
            PosixFileAttributes found =
                    Files.readAttributes(folder, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
            Path own = Files.createTempFile(folder.getParent(), "atelier-", null);
            boolean mine = found.owner().equals(Files.getOwner(own));
            Files.delete(own);
            if (!found.isDirectory() || !mine || !Collections.disjoint(found.permissions(), OTHERS_WRITE)) {
                throw new IOException(
                        folder + " must be a folder of this user that nobody else may write to but is not;"
                                + " remove it, or set XDG_CACHE_HOME to a folder that can be written");
            }
        }
    }

    private static void unpack(URL resource, Path target) throws IOException {
        URLConnection connection = resource.openConnection();
        long size = connection.getContentLengthLong();
        try (InputStream in = connection.getInputStream()) {
            // After a loss of power a file may be there, but short.
            if (Files.exists(target) && Files.size(target) == size) {
                return;
            }
            Path scratch = Files.createTempFile(target.getParent(), ".unpacking-", null);
            try {
                try (OutputStream out = Files.newOutputStream(scratch)) { // which keeps it this user's alone
                    in.transferTo(out);
                }
                Files.move(scratch, target, StandardCopyOption.ATOMIC_MOVE);
            } finally {
                Files.deleteIfExists(scratch);
            }
        }
    }

    private static String version(URL resource) {
        Matcher jar = JAR.matcher(resource.toString());
        return jar.matches() ? jar.group(1) : "onnxruntime-unpacked";
    }

    /** Returns the folder within the jar, in the runtime's own spelling. */
    private static String platform() {
        String os = System.getProperty("os.name").toLowerCase(Locale.ROOT);
        String system = os.contains("mac") ? "osx" : os.contains("win") ? "win" : "linux";
        String arch = System.getProperty("os.arch").toLowerCase(Locale.ROOT);
        return system + "-" + (arch.equals("aarch64") || arch.equals("arm64") ? "aarch64" : "x64");
    }
}
