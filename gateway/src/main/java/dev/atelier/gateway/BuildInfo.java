package dev.atelier.gateway;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/**
 * What was built.
 *
 * @param version the project's version
 */
record BuildInfo(String version) {
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
        return new BuildInfo(properties.getProperty("version"));
    }

    /** Returns what {@code --version} prints. */
    @Override
    public String toString() {
        return "atelier " + version;
    }
}
