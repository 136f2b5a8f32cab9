package dev.atelier.gateway;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/**
 * What was built.
 *
 * @param version the project's version
 * @param pluginApi the version of the boundary to plugins
 * @param onnxruntime the version of ONNX Runtime that plugins share
 * @param pf4j the version of PF4J that plugins compile against
 */
record BuildInfo(String version, String pluginApi, String onnxruntime, String pf4j) {
    private static final String RESOURCE = "build.properties";

    /** Reads what the build wrote down. */
    static BuildInfo read() {
        Properties properties = new Properties();
        try (InputStream in = BuildInfo.class.getResourceAsStream(RESOURCE)) {
            if (in == null) {
                throw new IllegalStateException(RESOURCE + " is not on the class path");
            }
            properties.load(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new BuildInfo(
                properties.getProperty("version"),
                properties.getProperty("plugin-api"),
                properties.getProperty("onnxruntime"),
                properties.getProperty("pf4j"));
    }

    /** Returns what {@code --version} prints. */
    @Override
    public String toString() {
        return "atelier %s%nplugin API %s%nONNX Runtime %s%nJava %s".formatted(version, pluginApi, onnxruntime, java());
    }

    /** Returns the version of the Java that runs it. */
    static String java() {
        return Runtime.version().toString();
    }
}
