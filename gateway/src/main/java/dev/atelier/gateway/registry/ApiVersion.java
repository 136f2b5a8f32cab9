package dev.atelier.gateway.registry;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/** The version of plugin-api that the gateway was built with. */
final class ApiVersion {
    private ApiVersion() {}

    /** Returns it without what marks a pre-release: ranges know none, and one counts as older than its release. */
    static String current() {
        Properties versions = new Properties();
        try (InputStream in = ApiVersion.class.getResourceAsStream("versions.properties")) {
            versions.load(in);
        } catch (IOException e) {
            throw new UncheckedIOException("versions.properties is not readable", e);
        }
        return Versions.release(versions.getProperty("plugin-api"));
    }
}
