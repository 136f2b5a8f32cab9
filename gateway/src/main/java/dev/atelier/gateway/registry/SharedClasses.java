package dev.atelier.gateway.registry;

import java.io.IOException;
import java.net.URL;
import java.util.Enumeration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What plugins see of the gateway: the JDK, the boundary to plugins, and the libraries that a process can hold only
 * once, because they are native. Everything else of the class path stays hidden, so that a plugin brings its own
 * version of a library, and a gateway that changes one breaks no plugin.
 */
final class SharedClasses extends ClassLoader {
    /** The packages, with what is below them, that come from the gateway and that no plugin may bring along. */
    static final List<String> PACKAGES = List.of(
            "dev.atelier.plugin", "org.pf4j", "org.jspecify.annotations", "org.slf4j", "ai.onnxruntime", "ai.djl");

    /** Where the tokenizer looks for its natives, through the loader of the class that uses it. */
    private static final String TOKENIZER_NATIVES = "native/lib/";

    static {
        registerAsParallelCapable();
    }

    private final ClassLoader gateway;

    SharedClasses(ClassLoader gateway) {
        super("atelier-shared", ClassLoader.getPlatformClassLoader());
        this.gateway = gateway;
    }

    /** Tells whether a class or resource, by its path, lies in a shared package. */
    static boolean isShared(String path) {
        return PACKAGES.stream().anyMatch(name -> path.startsWith(name.replace('.', '/') + "/"));
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        return isShared(name.replace('.', '/')) ? gateway.loadClass(name) : super.loadClass(name, resolve);
    }

    private static boolean isSharedResource(String name) {
        return isShared(name) || name.startsWith(TOKENIZER_NATIVES);
    }

    @Override
    public @Nullable URL getResource(String name) {
        return isSharedResource(name) ? gateway.getResource(name) : super.getResource(name);
    }

    @Override
    public Enumeration<URL> getResources(String name) throws IOException {
        return isSharedResource(name) ? gateway.getResources(name) : super.getResources(name);
    }
}
