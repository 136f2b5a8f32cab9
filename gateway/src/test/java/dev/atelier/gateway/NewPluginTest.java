package dev.atelier.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.gateway.http.Answer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.OutputStream;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The project that {@code new-plugin} writes compiles, and what it compiles to serves. */
class NewPluginTest {
    private static final Path HOME = Path.of("..");
    private static final int MOST_LINES = 80;

    @TempDir
    Path folder;

    @Test
    void writesAProjectThatServesAModelOfItsOwn() throws IOException {
        Path project = folder.resolve("my-model");
        NewPluginCommand.write("my-model", HOME, project);
        Path source = project.resolve("src/main/java/org/example/mymodel/MyModelPlugin.java");
        assertTrue(Files.readAllLines(source).size() < MOST_LINES, "the guide promises as much");
        Path classes = compile(project);
        zip(project, classes, Files.createDirectories(folder.resolve("plugins")).resolve("my-model.zip"));

        try (RunningGateway gateway = RunningGateway.start(folder, Map.of())) {
            String id = gateway.submit(new JsonObject()
                    .put("model", "my_model")
                    .put("loras", new JsonArray())
                    .put("prompts", new JsonArray().add(new JsonObject().put("prompt", "a lighthouse"))));
            JsonObject result = gateway.await(id);
            assertEquals("succeeded", result.getString("status"), result.encode());
            Answer picture = gateway.client().get("/v1/requests/" + id + "/images/0");
            assertEquals("image/jpeg", picture.header("content-type"));
        }
    }

    @Test
    void writesWhatMavenBuilds() throws IOException {
        Path project = folder.resolve("waves");
        NewPluginCommand.write("waves", HOME, project);

        String pom = Files.readString(project.resolve("pom.xml"));
        assertFalse(pom.contains("@"), pom);
        assertTrue(pom.contains("<artifactId>waves</artifactId>"), pom);
        assertTrue(Files.readString(project.resolve("src/main/plugin/plugin.properties"))
                .startsWith("plugin.id=waves\n"));
        assertTrue(Files.exists(project.resolve("plugin-zip.xml")));
        assertTrue(Files.exists(project.resolve("src/test/java/org/example/waves/WavesPluginTest.java")));
        assertThrows(ConfigException.class, () -> NewPluginCommand.write("waves", HOME, project));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "My", "a b", "../x", "a--b", "-a", "9a"})
    void refusesAnotherName(String name) {
        assertThrows(ConfigException.class, () -> NewPluginCommand.write(name, HOME, folder.resolve("p")));
        assertFalse(Files.exists(folder.resolve("p")));
    }

    // Maven's own way is the same: the class path's annotation processor of PF4J lists the extension.
    private static Path compile(Path project) throws IOException {
        Path classes = Files.createDirectories(project.resolve("classes"));
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        StringWriter messages = new StringWriter();
        try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null);
                Stream<Path> sources = Files.walk(project.resolve("src/main/java"))) {
            List<Path> java =
                    sources.filter(file -> file.toString().endsWith(".java")).toList();
            boolean compiled = compiler.getTask(
                            messages,
                            files,
                            null,
                            List.of(
                                    "-d",
                                    classes.toString(),
                                    "-classpath",
                                    System.getProperty("java.class.path"),
                                    "-processor",
                                    "org.pf4j.processor.ExtensionAnnotationProcessor"),
                            null,
                            files.getJavaFileObjectsFromPaths(java))
                    .call();
            assertTrue(compiled, messages.toString());
        }
        return classes;
    }

    private static void zip(Path project, Path classes, Path zip) throws IOException {
        try (OutputStream out = Files.newOutputStream(zip);
                ZipOutputStream entries = new ZipOutputStream(out);
                Stream<Path> files = Files.walk(classes)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                entries.putNextEntry(new ZipEntry("classes/" + classes.relativize(file)));
                entries.write(Files.readAllBytes(file));
            }
            entries.putNextEntry(new ZipEntry("plugin.properties"));
            entries.write(Files.readString(project.resolve("src/main/plugin/plugin.properties"))
                    .replace("${project.version}", "1.0.0")
                    .getBytes(StandardCharsets.UTF_8));
        }
    }
}
