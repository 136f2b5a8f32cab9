package dev.atelier.gateway.job;

import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Properties;
import org.jspecify.annotations.Nullable;
import org.postgresql.Driver;
import org.postgresql.PGProperty;

/**
 * The address of a PostgreSQL database.
 *
 * @param jdbcUrl without a user and a password
 * @param properties with them
 * @param shown for messages: without credentials and options
 */
record PgAddress(String jdbcUrl, Properties properties, String shown) {
    private static final String JDBC = "jdbc:";
    private static final int CONNECT_SECONDS = 2;

    /**
     * Reads {@code postgresql://user:password@host:port/name?options}, also as {@code postgres:} and with {@code jdbc:}
     * before it. Several hosts are separated by commas; of these the primary server is used unless an option says
     * otherwise.
     *
     * @throws IllegalArgumentException when the text is no such address; the message does not show it, because it may
     *     hold a password
     */
    static PgAddress of(String url) {
        String plain = url.startsWith(JDBC) ? url.substring(JDBC.length()) : url;
        try {
            URI uri = new URI(plain);
            String scheme = uri.getScheme();
            String authority = uri.getRawAuthority();
            if (authority == null || !"postgresql".equals(scheme) && !"postgres".equals(scheme)) {
                throw malformed();
            }
            int at = authority.lastIndexOf('@');
            String hosts = authority.substring(at + 1);
            String place = "postgresql://" + hosts + uri.getRawPath();
            String options = uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery();
            Properties given = Driver.parseURL(JDBC + place + options, null);
            if (given == null) {
                throw malformed();
            }
            Properties properties = credentials(at < 0 ? "" : authority.substring(0, at));
            bounds(properties, hosts.split(",").length, given);
            return new PgAddress(JDBC + place + options, properties, place);
        } catch (URISyntaxException e) {
            throw malformed();
        }
    }

    // In the driver, options of the address win over these.
    private static void bounds(Properties properties, int hosts, Properties given) {
        PGProperty.CONNECT_TIMEOUT.set(properties, CONNECT_SECONDS);
        PGProperty.LOGIN_TIMEOUT.set(properties, CONNECT_SECONDS * hosts + 1);
        PGProperty.SOCKET_TIMEOUT.set(properties, 10); // a server that vanished in the middle of a statement
        PGProperty.TCP_KEEP_ALIVE.set(properties, true);
        PGProperty.APPLICATION_NAME.set(properties, "atelier");
        if (hosts > 1 && !PGProperty.TARGET_SERVER_TYPE.isPresent(given)) {
            PGProperty.TARGET_SERVER_TYPE.set(properties, "primary");
            PGProperty.HOST_RECHECK_SECONDS.set(properties, 1);
        }
    }

    private static Properties credentials(String userInfo) {
        Properties properties = new Properties();
        int colon = userInfo.indexOf(':');
        String user = colon < 0 ? userInfo : userInfo.substring(0, colon);
        if (!user.isEmpty()) {
            PGProperty.USER.set(properties, decoded(user));
        }
        if (colon >= 0) {
            PGProperty.PASSWORD.set(properties, decoded(userInfo.substring(colon + 1)));
        }
        return properties;
    }

    private static String decoded(String text) {
        return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    private static IllegalArgumentException malformed() {
        return new IllegalArgumentException("must be postgresql://USER:PASSWORD@HOST:PORT/NAME");
    }

    @Nullable
    String user() {
        return PGProperty.USER.getOrNull(properties);
    }

    @Nullable
    String password() {
        return PGProperty.PASSWORD.getOrNull(properties);
    }

    /** Returns the address with other credentials. */
    PgAddress as(@Nullable String user, @Nullable String password) {
        Properties changed = new Properties();
        changed.putAll(properties);
        if (user != null) {
            PGProperty.USER.set(changed, user);
            PGProperty.PASSWORD.set(changed, password);
        }
        return new PgAddress(jdbcUrl, changed, shown);
    }

    /** Returns the place alone. */
    @Override
    public String toString() {
        return shown;
    }
}
