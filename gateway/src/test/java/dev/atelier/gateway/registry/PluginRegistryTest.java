package dev.atelier.gateway.registry;

import static dev.atelier.gateway.testplugin.TestPlugin.procedural;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.gateway.testplugin.OnnxModel;
import dev.atelier.gateway.testplugin.ProceduralModel;
import dev.atelier.gateway.testplugin.TestPlugin;
import dev.atelier.plugin.TextToImagePlugin;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PluginRegistryTest {
    @TempDir
    Path plugins;

    @TempDir
    Path data;

    private PluginRegistry registry;

    @AfterEach
    void close() {
        if (registry != null) {
            registry.close();
        }
    }

    private List<PluginStatus> load() {
        registry = PluginRegistry.load(plugins, data);
        return registry.plugins();
    }

    private PluginStatus status(String id) {
        return registry.plugins().stream()
                .filter(plugin -> plugin.id().equals(id))
                .findFirst()
                .orElseThrow();
    }

    private void assertFailed(String id, String reason) {
        PluginStatus status = status(id);
        assertEquals(PluginStatus.State.FAILED, status.state());
        assertTrue(status.reason().contains(reason), status.reason());
        assertEquals(List.of(), status.models());
    }

    @Test
    void startsWhatLiesInTheFolder() throws IOException {
        procedural("one").writeTo(plugins);
        procedural("two").writeTo(plugins);

        List<String> models = load().stream()
                .flatMap(plugin -> plugin.models().stream())
                .map(model -> model.descriptor().modelId())
                .toList();

        assertEquals(List.of("one", "two"), models);
        assertEquals("1.0.0", status("test-one").version());
    }

    @Test
    void servesNothingFromAFolderThatIsNotThere() {
        registry = PluginRegistry.load(plugins.resolve("absent"), data);

        assertEquals(List.of(), registry.plugins());
    }

    @Test
    void loadsEachPluginsClassesFromItsOwnZip() throws IOException {
        procedural("one").writeTo(plugins);
        procedural("two").writeTo(plugins);

        load();

        Class<?> one = status("test-one").models().get(0).getClass();
        Class<?> two = status("test-two").models().get(0).getClass();
        assertNotSame(one, two);
        assertNotSame(ProceduralModel.class, one);
        assertThrows(ClassNotFoundException.class, () -> one.getClassLoader().loadClass("io.vertx.core.Vertx"));
        assertThrows(
                ClassNotFoundException.class, () -> one.getClassLoader().loadClass("dev.atelier.gateway.job.JobStore"));
        assertThrows(
                ClassNotFoundException.class,
                () -> one.getClassLoader().loadClass("com.fasterxml.jackson.databind.ObjectMapper"));
    }

    @Test
    void sharesNativeLibrariesAndTheBoundaryAmongPlugins() throws Exception {
        procedural("one").writeTo(plugins);
        procedural("two").writeTo(plugins);

        load();

        ClassLoader one = status("test-one").models().get(0).getClass().getClassLoader();
        ClassLoader two = status("test-two").models().get(0).getClass().getClassLoader();
        for (String name : List.of(
                "dev.atelier.plugin.TextToImagePlugin",
                "ai.onnxruntime.OrtEnvironment",
                "ai.djl.huggingface.tokenizers.HuggingFaceTokenizer",
                "org.slf4j.Logger",
                "org.jspecify.annotations.Nullable")) {
            assertSame(one.loadClass(name), two.loadClass(name), name);
            assertSame(Class.forName(name), one.loadClass(name), name);
        }
        assertNotNull(one.getResource("native/lib/tokenizers.properties"));
        assertNull(one.getResource("logback-test.xml"));
        assertEquals("java.sql.Connection", one.loadClass("java.sql.Connection").getName());
    }

    @Test
    void letsTwoPluginsOfOneProcessUseOnnxRuntime() throws IOException {
        TestPlugin.of("onnx-one", OnnxModel.class).setting("model", "one").writeTo(plugins);
        TestPlugin.of("onnx-two", OnnxModel.class).setting("model", "two").writeTo(plugins);

        load();

        TextToImagePlugin one = status("onnx-one").models().get(0);
        TextToImagePlugin two = status("onnx-two").models().get(0);
        assertNotSame(one.getClass(), two.getClass());
        assertEquals("42.0", one.inspect(plugins).form());
        assertEquals("42.0", two.inspect(plugins).form());
    }

    @Test
    void failsAPluginWhoseConstructorThrowsAndServesTheOthers() throws IOException {
        procedural("bad").setting("constructorFailure", "no way").writeTo(plugins);
        procedural("good").writeTo(plugins);

        load();

        assertFailed("test-bad", "IllegalStateException: no way");
        assertEquals(PluginStatus.State.STARTED, status("test-good").state());
    }

    @Test
    void failsAPluginThatNamesNoPlaceForItsCheckpoint() throws IOException {
        procedural("bad")
                .setting("base", "nul\\u0000")
                .setting("component", "weights")
                .writeTo(plugins);
        procedural("worse").setting("component", "../../elsewhere").writeTo(plugins);
        procedural("good").writeTo(plugins);

        load();

        assertFailed("test-bad", "repository must be ORGANISATION/NAME");
        assertFailed("test-worse", "subfolder must be a path inside the repository");
        assertEquals(PluginStatus.State.STARTED, status("test-good").state());
    }

    @Test
    void failsAPluginThatRunsOutOfMemoryAndServesTheOthers() throws IOException {
        procedural("bad").setting("outOfMemory", "yes").writeTo(plugins);
        procedural("good").writeTo(plugins);

        load();

        assertFailed("test-bad", "OutOfMemoryError");
        assertEquals(PluginStatus.State.STARTED, status("test-good").state());
    }

    @Test
    void failsAPluginThatNamesAMissingClass() throws IOException {
        procedural("bad").property("plugin.class", "not.There").writeTo(plugins);

        load();

        assertFailed("test-bad", "not.There");
    }

    @Test
    void failsTheSecondPluginThatDeclaresAModel() throws IOException {
        procedural("same").writeTo(plugins);
        procedural("same").property("plugin.id", "test-second").writeTo(plugins);

        load();

        assertEquals(PluginStatus.State.STARTED, status("test-same").state());
        assertFailed("test-second", "model 'same' is declared by plugin test-same already");
    }

    @Test
    void takesTheNewestVersionOfAPlugin() throws IOException {
        procedural("one").property("plugin.version", "1.9.0").writeTo(plugins);
        procedural("one").property("plugin.version", "1.10.0").writeTo(plugins);
        procedural("one").property("plugin.version", "1.2.0").writeTo(plugins);

        load();

        assertEquals("1.10.0", status("test-one").version());
    }

    @Test
    void failsAPluginThatWantsANewerBoundary() throws IOException {
        procedural("new").property("plugin.requires", ">=99.0.0").writeTo(plugins);
        procedural("odd").property("plugin.requires", ">=a.b.c").writeTo(plugins);
        procedural("good").property("plugin.requires", "0.1.0").writeTo(plugins);

        load();

        assertFailed("test-new", "requires plugin-api >=99.0.0");
        assertEquals(PluginStatus.State.STARTED, status("test-good").state());
        assertFailed("test-odd-1.0.0.zip", "a.b.c");
    }

    @Test
    void letsAPluginBuildOnAnother() throws IOException {
        procedural("base").writeTo(plugins);
        TestPlugin.of("dependent")
                .property("plugin.dependencies", "test-base@>=1.0.0")
                .writeTo(plugins);

        load();

        assertEquals(PluginStatus.State.STARTED, status("dependent").state());
        assertEquals(List.of(), status("dependent").models());
        assertEquals(1, status("test-base").models().size());
    }

    @Test
    void failsPluginsWhoseDependenciesCannotBeLoaded() throws IOException {
        procedural("base").writeTo(plugins);
        procedural("orphan").property("plugin.dependencies", "nobody").writeTo(plugins);
        procedural("heir").property("plugin.dependencies", "test-orphan").writeTo(plugins);
        procedural("picky").property("plugin.dependencies", "test-base@>=2.0.0").writeTo(plugins);
        procedural("broken")
                .setting("model", "b")
                .property("plugin.class", "x.Y")
                .writeTo(plugins);
        procedural("stranded").property("plugin.dependencies", "test-broken").writeTo(plugins);

        load();

        assertFailed("test-orphan", "depends on plugin 'nobody'");
        assertFailed("test-heir", "depends on plugin 'test-orphan'");
        assertFailed("test-picky", ">=2.0.0, but there is 1.0.0");
        assertFailed("test-broken", "ClassNotFoundException: x.Y");
        assertFailed("test-stranded", "depends on plugin 'test-broken'");
        assertEquals(PluginStatus.State.STARTED, status("test-base").state());
    }
}
