package dev.atelier.gateway;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Where values may come from: options win over the environment, that over {@code .env}, that over defaults. Names of
 * variables are looked up in any case, and only those of {@link Setting} are looked at.
 *
 * @param options given to {@code serve}, several for a list
 * @param environment the process's
 * @param dotEnv the content of {@code .env}
 * @param machine what defaults depend on
 */
record SettingSources(
        Map<Setting, List<String>> options,
        Map<String, String> environment,
        Map<String, String> dotEnv,
        Machine machine) {
    /** The folder of native libraries within the one of the gateway. */
    static final String NATIVES = "natives";

    /**
     * What defaults depend on.
     *
     * @param userHome the user's home folder; empty where the user has none
     * @param dataHome {@code XDG_DATA_HOME}; empty for the usual folder in the home folder
     * @param cacheHome {@code XDG_CACHE_HOME}; empty for the usual folder in the home folder
     * @param plugins the plugins that were built with the gateway; empty where it runs without its build
     * @param demo the demo checkpoint, when it was asked for
     */
    record Machine(
            Optional<Path> userHome,
            Optional<Path> dataHome,
            Optional<Path> cacheHome,
            Optional<Path> plugins,
            Optional<Path> demo) {
        /** A machine of which nothing is known. */
        static final Machine UNKNOWN =
                new Machine(Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());

        /**
         * Asks the process.
         *
         * @throws ConfigException when the demo is wanted and is not there
         */
        static Machine ofProcess(boolean demo) {
            Optional<Path> home =
                    Optional.ofNullable(System.getProperty("atelier.home")).map(Path::of);
            Optional<Path> folder = home.map(path -> path.resolve("plugins/zimage-turbo/demo"));
            if (demo && folder.filter(Files::isDirectory).isEmpty()) {
                throw new ConfigException("--demo: the demo checkpoint is not at "
                        + folder.map(Path::toString).orElse("any known place") + "; start with ./atelier");
            }
            return new Machine(
                    userHome(System.getProperty("user.home"), System.getenv("HOME")),
                    absolute(System.getenv("XDG_DATA_HOME")),
                    absolute(System.getenv("XDG_CACHE_HOME")),
                    Optional.ofNullable(System.getProperty("atelier.plugins")).map(Path::of),
                    folder.filter(path -> demo));
        }

        /**
         * Returns the home folder: the one that the system knows, or {@code HOME} where that is no folder. Java says
         * {@code ?} for a user without a name.
         */
        static Optional<Path> userHome(@Nullable String property, @Nullable String variable) {
            Optional<Path> known = absolute(property).filter(path -> path.getParent() != null);
            Optional<Path> given = absolute(variable).filter(path -> path.getParent() != null);
            return known.filter(Files::isDirectory).or(() -> given).or(() -> known);
        }

        // The XDG base directory specification has relative paths ignored.
        private static Optional<Path> absolute(@Nullable String path) {
            return Optional.ofNullable(path)
                    .filter(text -> !text.isBlank())
                    .map(Path::of)
                    .filter(Path::isAbsolute);
        }
    }

    /**
     * A value and where it came from.
     *
     * @param setting what it is for
     * @param text the value as written
     * @param origin the option, the environment, {@code .env}, {@code --demo} or the default
     */
    record Value(Setting setting, String text, Origin origin) {
        /** Returns how a message about it begins: the name by which its author knows it. */
        String name() {
            return switch (origin) {
                case OPTION -> setting.option();
                case ENVIRONMENT -> setting.name() + " (environment)";
                case DOT_ENV -> setting.name() + " (.env)";
                case DEMO, DEFAULT -> setting.name();
            };
        }
    }

    /** The places that values come from, by name for people. */
    enum Origin {
        OPTION("option"),
        ENVIRONMENT("environment"),
        DOT_ENV(".env"),
        DEMO("--demo"),
        DEFAULT("default");

        private final String text;

        Origin(String text) {
            this.text = text;
        }

        @Override
        public String toString() {
            return text;
        }
    }

    SettingSources {
        options = Map.copyOf(options);
        environment = Map.copyOf(environment);
        dotEnv = Map.copyOf(dotEnv);
    }

    /** Returns the value of each setting. */
    Map<Setting, Value> resolve() {
        Map<Setting, Value> values = new EnumMap<>(Setting.class);
        for (Setting setting : Setting.values()) {
            Value given = given(setting).orElseGet(() -> new Value(setting, fallback(setting), Origin.DEFAULT));
            values.put(
                    setting, machine.demo().map(demo -> withDemo(given, demo)).orElse(given));
        }
        values.computeIfPresent(Setting.BASE_URL, (setting, value) -> withPort(value, values));
        Value data = values.get(Setting.DATA_DIR);
        if (data != null && data.text().isBlank() && data.origin() == Origin.DEFAULT) {
            throw new ConfigException("this user has no home folder: set DATA_DIR to a folder that can be written,"
                    + " or HOME to the home folder");
        }
        values.replaceAll((setting, value) ->
                data == null ? value : inDataFolder(value, data.text().strip()));
        return values;
    }

    /** Returns the value that somebody gave; empty where the default counts. */
    Optional<Value> given(Setting setting) {
        List<String> option = options.get(setting);
        if (option != null) {
            return Optional.of(new Value(setting, String.join(",", option), Origin.OPTION));
        }
        return lookUp(environment, setting, Origin.ENVIRONMENT).or(() -> lookUp(dotEnv, setting, Origin.DOT_ENV));
    }

    private static Optional<Value> lookUp(Map<String, String> variables, Setting setting, Origin origin) {
        String exact = variables.get(setting.name());
        if (exact != null) {
            return Optional.of(new Value(setting, exact, origin));
        }
        return variables.entrySet().stream()
                .filter(entry -> entry.getKey().equalsIgnoreCase(setting.name()))
                .findFirst()
                .map(entry -> new Value(setting, entry.getValue(), origin));
    }

    private String fallback(Setting setting) {
        return switch (setting) {
            case DATA_DIR ->
                machine.dataHome()
                        .or(() -> machine.userHome().map(home -> home.resolve(Path.of(".local", "share"))))
                        .map(folder -> folder.resolve("atelier").toString())
                        .orElse("");
            case NATIVES_DIR ->
                machine.cacheHome()
                        .or(() -> machine.userHome().map(home -> home.resolve(".cache")))
                        .map(folder ->
                                folder.resolve(Path.of("atelier", NATIVES)).toString())
                        .orElse("");
            case PLUGINS_DIR -> machine.plugins().orElse(Path.of("plugins")).toString();
            default -> setting.fallback();
        };
    }

    /** Folders without a setting lie in the data folder. */
    private static Value inDataFolder(Value value, String data) {
        Optional<String> name =
                switch (value.setting()) {
                    case WORKFLOWS_BASE_PATH -> Optional.of("loras");
                    case OUTPUT_BASE_PATH -> Optional.of("outputs");
                    case LORA_DOWNLOAD_CACHE_DIR -> Optional.of("lora-cache");
                    case NATIVES_DIR -> Optional.of(NATIVES);
                    default -> Optional.empty();
                };
        boolean open = value.origin() == Origin.DEFAULT && value.text().isEmpty();
        return name.filter(folder -> open)
                .map(folder ->
                        new Value(value.setting(), Path.of(data).resolve(folder).toString(), Origin.DEFAULT))
                .orElse(value);
    }

    /** Links lead to the port that is listened on; a free one is known only once it is taken. */
    private static Value withPort(Value url, Map<Setting, Value> values) {
        Value port = values.get(Setting.PORT);
        if (port == null || port.text().equals("0") || url.origin() != Origin.DEFAULT) {
            return url;
        }
        return new Value(url.setting(), "http://localhost:" + port.text(), Origin.DEFAULT);
    }

    /** The demo stands in for its repository and brings its LoRAs, unless those were given. */
    private static Value withDemo(Value given, Path demo) {
        return switch (given.setting()) {
            case CHECKPOINT -> {
                List<String> folders = new ArrayList<>(List.of(GatewayConfig.DEMO_REPOSITORY + "=" + demo));
                if (!given.text().isEmpty()) {
                    folders.add(given.text()); // last, so that it wins
                }
                yield new Value(Setting.CHECKPOINT, String.join(",", folders), Origin.DEMO);
            }
            case WORKFLOWS_BASE_PATH ->
                given.origin() == Origin.DEFAULT
                        ? new Value(given.setting(), demo.resolve("loras").toString(), Origin.DEMO)
                        : given;
            default -> given;
        };
    }
}
