package dev.atelier.gateway;

import dev.atelier.gateway.SettingSources.Origin;
import dev.atelier.gateway.SettingSources.Value;
import dev.atelier.gateway.files.FolderCheck;
import dev.atelier.gateway.files.PrivateFiles.Access;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Checks at the start, before anything is loaded, that the folders can be used and the ports are free. Folders of the
 * user are created, and refused when another user could have written them. Logs nothing, because the log may not be
 * ready yet. Blocks.
 */
final class StartChecks {
    private final GatewayConfig config;
    private final Map<Setting, Value> values;
    private final List<String> warnings = new ArrayList<>();

    /**
     * What the checks found.
     *
     * @param natives the folder for native libraries
     * @param warnings for the log
     */
    record Found(Path natives, List<String> warnings) {}

    private StartChecks(GatewayConfig config, Map<Setting, Value> values) {
        this.config = config;
        this.values = values;
    }

    /**
     * Runs the checks.
     *
     * @param values the settings that the configuration was made of
     * @throws ConfigException saying in one line what cannot be used and which setting changes it
     */
    static Found run(GatewayConfig config, Map<Setting, Value> values) {
        StartChecks checks = new StartChecks(config, values);
        checks.ports();
        requireTemporaryFiles(Path.of(System.getProperty("java.io.tmpdir")));
        GatewayConfig.Folders folders = config.folders();
        checks.writable(Setting.DATA_DIR, folders.data(), Access.OWNER);
        checks.writable(Setting.OUTPUT_BASE_PATH, folders.outputs(), Access.GROUP);
        checks.writable(
                Setting.LORA_DOWNLOAD_CACHE_DIR, config.loras().remote().cache().folder(), Access.OWNER);
        checks.loras();
        return new Found(checks.natives(), List.copyOf(checks.warnings));
    }

    private void ports() {
        List<ServerSocket> bound = new ArrayList<>();
        try {
            bound.add(bind(config.http().host(), config.http().port(), Setting.PORT));
            Optional<GatewayConfig.AdminPort> admin = config.http().admin();
            if (admin.isPresent()) {
                bound.add(bind(admin.get().host(), admin.get().port(), Setting.ADMIN_PORT));
            }
        } finally {
            bound.forEach(StartChecks::close);
        }
    }

    private static ServerSocket bind(String host, int port, Setting setting) {
        ServerSocket socket = unbound();
        try {
            InetSocketAddress address = new InetSocketAddress(host, port);
            if (address.isUnresolved()) {
                throw new BindException("the name cannot be resolved");
            }
            socket.setReuseAddress(true); // as the server does: connections of a former one may linger
            socket.bind(address, 1);
            return socket;
        } catch (IOException e) {
            close(socket);
            throw cannotListen(host, port, setting, e);
        }
    }

    private static ServerSocket unbound() {
        try {
            return new ServerSocket();
        } catch (IOException e) {
            throw new ConfigException("no socket can be opened: " + e.getMessage());
        }
    }

    private static void close(ServerSocket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            // the server's own attempt to listen says so
        }
    }

    /** Returns the failure of a port that cannot be listened on. */
    static ConfigException cannotListen(String host, int port, Setting setting, Throwable cause) {
        return new ConfigException("cannot listen on " + host + ":" + port + " (" + cause.getMessage()
                + "); choose another port with " + setting.option());
    }

    // Java reads its name once, at the start of the process.
    private static void requireTemporaryFiles(Path folder) {
        if (!Files.isDirectory(folder) || !Files.isWritable(folder)) {
            throw new ConfigException("temporary files cannot be written to " + folder
                    + "; set ATELIER_JAVA_OPTS=-Djava.io.tmpdir=FOLDER to a folder that can be written");
        }
    }

    private void writable(Setting setting, Path folder, Access access) {
        try {
            if (isOfUser(setting)) {
                FolderCheck.ofUser(folder);
            } else {
                FolderCheck.configured(folder, access);
            }
        } catch (IOException e) {
            throw unusable(setting, e);
        }
    }

    // What lies by default in a folder that was configured follows that folder's rules.
    private boolean isOfUser(Setting setting) {
        return isDefault(setting) && isDefault(Setting.DATA_DIR);
    }

    private boolean isDefault(Setting setting) {
        Value value = values.get(setting);
        return value != null && value.origin() == Origin.DEFAULT;
    }

    private ConfigException unusable(Setting setting, IOException failure) {
        String remedy =
                isOfUser(setting) ? Setting.DATA_DIR + " (all folders) or HOME (the home folder)" : setting.name();
        Value value = values.get(setting);
        String name = value == null ? setting.name() : value.name();
        return new ConfigException(name + ": " + failure.getMessage() + "; to use another folder, set " + remedy);
    }

    /** A folder that was named need not exist, and is only read. */
    private void loras() {
        Path folder = config.folders().loras();
        if (isDefault(Setting.WORKFLOWS_BASE_PATH)) {
            writable(Setting.WORKFLOWS_BASE_PATH, folder, Access.OWNER);
        } else if (!Files.isDirectory(folder)) {
            warnings.add("WORKFLOWS_BASE_PATH is not a folder: requests that name a local LoRA fail; create it, or set"
                    + " WORKFLOWS_BASE_PATH to the folder of the LoRA files path=" + folder);
        }
    }

    private Path natives() {
        Path folder = config.folders().natives();
        try {
            return checkedNatives(folder, isDefault(Setting.NATIVES_DIR));
        } catch (IOException e) {
            Path other = config.folders().data().resolve(SettingSources.NATIVES);
            if (!isDefault(Setting.NATIVES_DIR) || other.equals(folder)) {
                throw nativesUnusable(e);
            }
            try {
                Path used = checkedNatives(other, isDefault(Setting.DATA_DIR));
                warnings.add("native libraries are unpacked to " + used + ": " + e.getMessage());
                return used;
            } catch (IOException last) {
                throw nativesUnusable(last);
            }
        }
    }

    private static ConfigException nativesUnusable(IOException failure) {
        return new ConfigException("native libraries cannot be unpacked: " + failure.getMessage() + "; set "
                + Setting.NATIVES_DIR + " to a folder that can be written, on a file system without noexec");
    }

    private static Path checkedNatives(Path folder, boolean ofUser) throws IOException {
        if (ofUser) {
            FolderCheck.ofUser(folder);
        } else {
            FolderCheck.configured(folder, Access.OWNER);
        }
        NativeLibraries.requireExecutable(folder);
        return folder;
    }
}
