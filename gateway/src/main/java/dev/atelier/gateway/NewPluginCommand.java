package dev.atelier.gateway;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParseResult;

/**
 * {@code new-plugin}: writes a plugin project that builds, passes its contract test and serves: the example of this
 * repository under a name of its own.
 */
final class NewPluginCommand {
    static final String NAME = "new-plugin";

    private static final String FOLDER = "--folder";
    private static final String PATTERN = "[a-z][a-z0-9]*(-[a-z0-9]+)*";
    private static final String SOURCES = "src/main/java/";
    private static final String TESTS = "src/test/java/";
    private static final String PROPERTIES = "src/main/plugin/plugin.properties";
    private static final String ZIP = "plugin-zip.xml";

    private NewPluginCommand() {}

    /** Describes the command for the parser and its help. */
    static CommandSpec spec() {
        CommandSpec spec = CommandSpec.create().name(NAME);
        spec.usageMessage()
                .description(
                        "Writes a plugin project from a template, and puts what it compiles against into the local",
                        "Maven repository. plugins/README.md tells how to go on.");
        ServeCommand.addStandardOptions(spec);
        spec.addPositional(PositionalParamSpec.builder()
                .paramLabel("NAME")
                .arity("1")
                .type(String.class)
                .description("The plugin's id: lower-case letters and digits, with dashes between.")
                .build());
        spec.addOption(OptionSpec.builder(FOLDER)
                .paramLabel("FOLDER")
                .arity("1")
                .type(Path.class)
                .description("Where to write it. Default: NAME in the working folder.")
                .build());
        return spec;
    }

    /** Writes the project; returns the exit code. */
    static int run(ParseResult parsed, PrintStream out) {
        String name = parsed.matchedPositionalValue(0, "");
        Path home = Optional.ofNullable(System.getProperty("atelier.home"))
                .map(Path::of)
                .orElseThrow(() -> new ConfigException(NAME + " needs the repository; start with ./atelier"));
        Path folder = parsed.matchedOptionValue(FOLDER, Path.of(name));
        write(name, home, folder);
        out.println("Wrote " + folder + "; next: cd " + folder + " && mvn package, then copy target/" + name
                + "-1.0.0-plugin.zip into the server's PLUGINS_DIR");
        return 0;
    }

    /**
     * Writes a project.
     *
     * @param home the repository
     * @throws ConfigException when the name is none, or something is there already
     */
    static void write(String name, Path home, Path folder) {
        if (!name.matches(PATTERN)) {
            throw new ConfigException(
                    "NAME must be lower-case letters and digits, with dashes between, but was '" + name + "'");
        }
        if (Files.exists(folder)) {
            throw new ConfigException(folder + " is there already");
        }
        try {
            for (Map.Entry<String, String> file : files(name, home).entrySet()) {
                Path path = folder.resolve(file.getKey());
                Files.createDirectories(path.toAbsolutePath().getParent());
                Files.writeString(path, file.getValue());
            }
        } catch (IOException e) {
            throw new ConfigException(folder + " cannot be written: " + e);
        }
    }

    private static Map<String, String> files(String name, Path home) throws IOException {
        Path example = home.resolve("plugins/example");
        String type = Arrays.stream(name.split("-", -1))
                        .map(part -> part.substring(0, 1).toUpperCase(Locale.ROOT) + part.substring(1))
                        .collect(Collectors.joining())
                + "Plugin";
        String place = name.replace("-", "");
        String to = "org/example/" + place + "/" + type;
        String from = "dev/atelier/example/ExamplePlugin";
        Map<String, String> files = new LinkedHashMap<>();
        files.put("pom.xml", pom(name, "org.example." + place));
        files.put(ZIP, Files.readString(home.resolve("plugins").resolve(ZIP)));
        files.put(
                PROPERTIES,
                Files.readString(example.resolve(PROPERTIES)).replace("plugin.id=example", "plugin.id=" + name));
        for (String source : new String[] {SOURCES + "%s.java", TESTS + "%sTest.java"}) {
            String text = Files.readString(example.resolve(source.formatted(from)))
                    .replace("dev.atelier.example", "org.example." + place)
                    .replace("ExamplePlugin", type)
                    .replace("\"example\"", "\"" + name.replace('-', '_') + "\"")
                    .replace("example/waves", "example/" + name);
            files.put(source.formatted(to), text);
        }
        return files;
    }

    private static String pom(String name, String place) throws IOException {
        BuildInfo build = BuildInfo.read();
        try (InputStream in = NewPluginCommand.class.getResourceAsStream("new-plugin/pom.xml")) {
            if (in == null) {
                throw new IOException("the template is not on the class path");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .replace("@NAME@", name)
                    .replace("@PACKAGE@", place)
                    .replace("@VERSION@", build.pluginApi())
                    .replace("@PF4J@", build.pf4j());
        }
    }
}
