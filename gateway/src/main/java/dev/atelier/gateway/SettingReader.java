package dev.atelier.gateway;

import dev.atelier.gateway.SettingSources.Origin;
import dev.atelier.gateway.SettingSources.Value;
import dev.atelier.gateway.adapter.remote.AddressBlock;
import dev.atelier.gateway.adapter.remote.ProxyRules;
import dev.atelier.gateway.http.security.AllowedHosts;
import dev.atelier.gateway.http.security.TrustedProxies;
import dev.atelier.gateway.job.StoreSettings;
import dev.atelier.gateway.registry.KeyFiles;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.security.PublicKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;

/** Reads values as what they should be. Every method fails with a {@link ConfigException} that names the setting. */
final class SettingReader {
    private static final Pattern NUMBER = Pattern.compile("\\d{1,19}");
    private static final Pattern DEVICE = Pattern.compile("auto|cpu|cuda(:\\d{1,3}(,\\d{1,3})*)?");
    private static final Set<String> TRUE = Set.of("true", "1", "yes", "y", "on", "t");
    private static final Set<String> FALSE = Set.of("false", "0", "no", "n", "off", "f");

    private final Map<Setting, Value> values;

    SettingReader(Map<Setting, Value> values) {
        this.values = values;
    }

    /** Returns whether anybody gave a value. */
    boolean isGiven(Setting setting) {
        return value(setting).origin() != Origin.DEFAULT;
    }

    /** Returns the value; empty for an empty one. */
    Optional<String> text(Setting setting) {
        return Optional.of(value(setting).text().strip()).filter(text -> !text.isEmpty());
    }

    /** Returns the value, which must not be empty. */
    String required(Setting setting) {
        return text(setting).orElseThrow(() -> malformed(setting, "must not be empty"));
    }

    /** Returns a whole number. */
    long number(Setting setting, long least, long most) {
        String text = required(setting);
        try {
            long number = NUMBER.matcher(text).matches() ? Long.parseLong(text) : -1;
            if (number >= least && number <= most) {
                return number;
            }
        } catch (NumberFormatException e) {
            // more than a long holds, and so more than any bound
        }
        throw malformed(setting, "must be a whole number from " + least + " to " + most);
    }

    /** Returns a time of whole seconds, at least one. */
    Duration seconds(Setting setting) {
        return Duration.ofSeconds(number(setting, 1, 86_400));
    }

    /** Returns a secret: given as it is, or else what stands in a file, without the spaces around it. */
    Optional<String> secret(Setting setting, Setting file) {
        Optional<String> given = text(setting);
        if (given.isPresent() || text(file).isEmpty()) {
            return given;
        }
        Path path = path(file);
        try {
            return Optional.of(Files.readString(path).strip()).filter(text -> !text.isEmpty());
        } catch (IOException e) {
            throw new ConfigException(value(file).name() + ": " + path + " cannot be read ("
                    + e.getClass().getSimpleName() + ")");
        }
    }

    /** Returns a truth value. */
    boolean bool(Setting setting) {
        String text = required(setting).toLowerCase(Locale.ROOT);
        if (TRUE.contains(text) || FALSE.contains(text)) {
            return TRUE.contains(text);
        }
        throw malformed(setting, "must be true or false");
    }

    /** Returns one of a few words. */
    <E extends Enum<E>> E choice(Setting setting, Class<E> type) {
        String text = required(setting);
        return Arrays.stream(type.getEnumConstants())
                .filter(choice -> choice.name().equalsIgnoreCase(text))
                .findFirst()
                .orElseThrow(() -> malformed(setting, "must be " + setting.form()));
    }

    /** Returns a device setting, not yet held against the machine. */
    String device(Setting setting) {
        String text = required(setting).toLowerCase(Locale.ROOT);
        if (!DEVICE.matcher(text).matches()) {
            throw malformed(setting, "must be " + setting.form());
        }
        return text;
    }

    /** Returns a path, made absolute. */
    Path path(Setting setting) {
        return path(setting, required(setting));
    }

    /** Returns an http URL without a slash at its end. */
    Optional<String> url(Setting setting) {
        return text(setting).map(text -> {
            try {
                URI uri = new URI(text);
                if (uri.getHost() != null && ("http".equals(uri.getScheme()) || "https".equals(uri.getScheme()))) {
                    return text.replaceAll("/+$", "");
                }
            } catch (URISyntaxException e) {
                // told below
            }
            throw malformed(setting, "must be an http or https URL");
        });
    }

    /** Returns a proxy's URL. */
    Optional<String> proxy(Setting setting) {
        Optional<String> text = text(setting);
        try {
            text.ifPresent(ProxyRules::requireProxy);
        } catch (IllegalArgumentException e) {
            throw malformed(setting, "must be http://HOST:PORT or socks5://HOST:PORT");
        }
        return text;
    }

    /** Returns the address of a database. */
    Optional<String> database() {
        Optional<String> url = secret(Setting.DATABASE_URL, Setting.DATABASE_URL_FILE);
        if (url.isEmpty() && text(Setting.DATABASE_URL_FILE).isPresent()) {
            throw new ConfigException(value(Setting.DATABASE_URL_FILE).name() + " names an empty file: "
                    + path(Setting.DATABASE_URL_FILE) + "; write the URL of the database into it");
        }
        try {
            url.ifPresent(StoreSettings::requireDatabase);
        } catch (IllegalArgumentException e) {
            throw malformed(Setting.DATABASE_URL, String.valueOf(e.getMessage()));
        }
        return url;
    }

    /** Returns the file that the address of the database comes from; empty where the address was given itself. */
    Optional<Path> databaseFile() {
        return text(Setting.DATABASE_URL).isPresent()
                ? Optional.empty()
                : text(Setting.DATABASE_URL_FILE).map(named -> path(Setting.DATABASE_URL_FILE));
    }

    /** Returns the parts of a list. */
    List<String> list(Setting setting) {
        return Arrays.stream(value(setting).text().split(","))
                .map(String::strip)
                .filter(part -> !part.isEmpty())
                .toList();
    }

    /** Returns patterns of hosts. */
    List<String> hosts(Setting setting) {
        return each(setting, AllowedHosts::requirePattern, "must be names or addresses without a port, *.SUFFIX or *");
    }

    /** Returns the addresses of reverse proxies. */
    TrustedProxies proxies(Setting setting) {
        return new TrustedProxies(each(setting, AddressBlock::parse, "must be addresses or blocks such as 10.0.0.0/8"));
    }

    private <T> List<T> each(Setting setting, Function<String, T> read, String must) {
        try {
            return list(setting).stream().map(read).toList();
        } catch (IllegalArgumentException e) {
            throw malformed(setting, must);
        }
    }

    /** Returns the Ed25519 public keys in files. */
    List<PublicKey> publicKeys(Setting setting) {
        List<PublicKey> keys = new ArrayList<>();
        for (String file : list(setting)) {
            try {
                keys.addAll(KeyFiles.readPublic(path(setting, file)));
            } catch (IOException e) {
                throw malformed(setting, "must name files of Ed25519 public keys (" + e.getMessage() + ")");
            }
        }
        return keys;
    }

    /** Returns folders by name. */
    Map<String, Path> folders(Setting setting) {
        Map<String, Path> folders = new LinkedHashMap<>();
        pairs(setting).forEach((name, folder) -> folders.put(name, path(setting, folder)));
        return folders;
    }

    /** Returns settings by plugin and name. */
    Map<String, Map<String, String>> pluginSettings(Setting setting) {
        Map<String, Map<String, String>> plugins = new LinkedHashMap<>();
        pairs(setting).forEach((key, text) -> {
            int dot = key.lastIndexOf('.');
            if (dot < 1 || dot == key.length() - 1) {
                throw malformed(setting, "must be " + setting.form());
            }
            plugins.computeIfAbsent(key.substring(0, dot), id -> new LinkedHashMap<>())
                    .put(key.substring(dot + 1), text);
        });
        return plugins;
    }

    private Map<String, String> pairs(Setting setting) {
        Map<String, String> pairs = new LinkedHashMap<>();
        for (String part : list(setting)) {
            int equals = part.indexOf('=');
            if (equals < 1 || equals == part.length() - 1) {
                throw malformed(setting, "must be " + setting.form());
            }
            pairs.put(
                    part.substring(0, equals).strip(),
                    part.substring(equals + 1).strip());
        }
        return pairs;
    }

    private Path path(Setting setting, String text) {
        try {
            return Path.of(text).toAbsolutePath().normalize();
        } catch (InvalidPathException e) {
            throw malformed(setting, "must be a path");
        }
    }

    private Value value(Setting setting) {
        Value value = values.get(setting);
        if (value == null) {
            throw new IllegalArgumentException("no value for " + setting);
        }
        return value;
    }

    private ConfigException malformed(Setting setting, String must) {
        Value value = value(setting);
        String shown = setting.isSecret() ? "something else" : "'" + value.text() + "'";
        return new ConfigException(value.name() + " " + must + " but was " + shown);
    }
}
