package dev.atelier.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The launcher, with programs in the places of Maven and Java that only say how they were called. */
@Timeout(120)
class LauncherTest {
    private static final String JAVA = "#!/bin/sh\necho \"http:// $*\"\n";
    private static final String MAVEN = """
            #!/bin/sh
            echo "$*" >>"$CALLS"
            mkdir -p gateway/target plugins/p/target
            echo >gateway/target/gateway.jar
            echo >plugins/p/target/p-plugin.zip
            echo >"$LIBRARY"
            printf '%s' "$LIBRARY" >gateway/target/runtime-classpath
            """;

    @TempDir
    Path folder;

    @BeforeEach
    void prepare() throws IOException {
        Files.createDirectory(folder.resolve("home"));
        Files.copy(Path.of("..", "atelier"), folder.resolve("home/atelier"));
        program("jdk/bin/java", JAVA);
        program("jdk/bin/javac", JAVA);
        program("bin/mvn", MAVEN);
        Files.writeString(folder.resolve("jdk/release"), "JAVA_VERSION=\"17.0.1\"\n");
    }

    private void program(String name, String text) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        assertTrue(Files.writeString(file, text).toFile().setExecutable(true), name);
    }

    private String run(String library, String... arguments) throws Exception {
        return run(library, Map.of(), arguments);
    }

    private String run(String library, Map<String, String> variables, String... arguments) throws Exception {
        ProcessBuilder builder = new ProcessBuilder("/bin/sh", "atelier");
        builder.command().addAll(List.of(arguments));
        Path output = folder.resolve("output");
        builder.directory(folder.resolve("home").toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile());
        builder.environment()
                .putAll(Map.of(
                        "PATH", folder.resolve("bin") + ":" + System.getenv("PATH"),
                        "JAVA_HOME", folder.resolve("jdk").toString(),
                        "CALLS", folder.resolve("calls").toString(),
                        "LIBRARY", folder.resolve(library).toString()));
        builder.environment().putAll(variables);
        Process process = builder.start();
        assertTrue(process.waitFor(60, TimeUnit.SECONDS), "it does not end");
        String said = Files.readString(output);
        assertEquals(0, process.exitValue(), said);
        return said;
    }

    private List<String> calls() throws IOException {
        return Files.readAllLines(folder.resolve("calls"));
    }

    @Test
    void buildsOnceAndAnewWhenAJarHasLeft() throws Exception {
        assertTrue(run("one.jar", "serve").contains("one.jar"));
        run("one.jar", "serve");
        assertEquals(1, calls().size());

        Files.delete(folder.resolve("one.jar"));
        assertTrue(run("other.jar", "serve").contains("other.jar"));
        assertTrue(run("other.jar", "serve").contains("other.jar"));
        assertEquals(2, calls().size());
    }

    @Test
    void installsWhatAPluginNeedsWhereverItsNameStands() throws Exception {
        run("one.jar", "new-plugin", "--help");
        assertTrue(calls().stream().noneMatch(call -> call.endsWith(" install")), calls().toString());

        run("one.jar", "new-plugin", "--folder", "f", "mine");
        assertTrue(calls().get(calls().size() - 1).endsWith(" install"), calls().toString());
    }

    @Test
    void printsJsonWhereTheLogIsJson() throws Exception {
        assertJson(run("one.jar", Map.of("LOG_FORMAT", "json"), "serve"));
        Files.delete(folder.resolve("one.jar"));
        assertJson(run("two.jar", "serve", "--log-format=JSON"));
        Files.delete(folder.resolve("two.jar"));
        assertJson(run("three.jar", "serve", "--log-format", "json"));
        Files.delete(folder.resolve("three.jar"));

        String text = run("four.jar", Map.of("LOG_FORMAT", "json"), "serve", "--log-format", "text");
        assertTrue(text.contains("atelier: "), text);
    }

    private static void assertJson(String output) {
        List<String> lines =
                output.lines().filter(line -> !line.startsWith("http://")).toList();
        assertTrue(lines.size() > 1, output);
        for (String line : lines) {
            assertEquals("INFO", new JsonObject(line).getString("level"), line);
        }
    }
}
