package dev.atelier.gateway;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

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

    /**
     * What defaults depend on.
     *
     * @param userHome the user's folder
     * @param dataHome where programs keep data for the user, as {@code XDG_DATA_HOME} says; empty for the usual place
     * @param plugins the plugins that were built with the gateway; empty where it runs without its build
     * @param demo the demo checkpoint, when it was asked for
     */
    record Machine(Path userHome, Optional<Path> dataHome, Optional<Path> plugins, Optional<Path> demo) {
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
                    Path.of(System.getProperty("user.home")),
                    Optional.ofNullable(System.getenv("XDG_DATA_HOME"))
                            .filter(path -> !path.isBlank())
                            .map(Path::of),
                    Optional.ofNullable(System.getProperty("atelier.plugins")).map(Path::of),
                    folder.filter(path -> demo));
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
        return values;
    }

    private Optional<Value> given(Setting setting) {
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
                        .orElse(machine.userHome().resolve(Path.of(".local", "share")))
                        .resolve("atelier")
                        .toString();
            case PLUGINS_DIR -> machine.plugins().orElse(Path.of("plugins")).toString();
            default -> setting.fallback();
        };
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
