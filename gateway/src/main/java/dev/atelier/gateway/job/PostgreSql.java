package dev.atelier.gateway.job;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Properties;
import java.util.function.Function;

/** A PostgreSQL database that gateways share. It may go away and come back: the pool finds out by itself. */
final class PostgreSql {
    /** What one gateway asks at the same time; one connection more listens. */
    static final int CONNECTIONS = 8;

    private static final long GIVE_UP_MILLIS = 2_000;

    // A gateway that stands still in the middle of a transaction must not keep the others from the queue or a job.
    private static final String BOUNDS = "SET idle_in_transaction_session_timeout = '10s'; SET lock_timeout = '5s'";

    private PostgreSql() {}

    /** Opens a database; what goes wrong names it without its password. */
    static Database open(String url, Function<HikariDataSource, Database> prepare) throws IOException {
        Address address = Address.of(url);
        HikariDataSource pool = null;
        try {
            pool = pool(address);
            return prepare.apply(pool);
        } catch (RuntimeException e) {
            if (pool != null) {
                pool.close();
            }
            throw new IOException("database " + address.shown() + " cannot be used: " + reason(e), e);
        }
    }

    private static String reason(Throwable failure) {
        Throwable cause = failure;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        return String.valueOf(cause.getMessage());
    }

    private static HikariDataSource pool(Address address) {
        HikariConfig config = new HikariConfig();
        config.setDriverClassName("org.postgresql.Driver");
        config.setJdbcUrl(address.jdbcUrl());
        config.setDataSourceProperties(address.properties());
        config.setPoolName("atelier-store");
        config.setConnectionInitSql(BOUNDS);
        config.setMaximumPoolSize(CONNECTIONS + 1);
        config.setMinimumIdle(1);
        config.setConnectionTimeout(GIVE_UP_MILLIS);
        config.setInitializationFailTimeout(5 * GIVE_UP_MILLIS);
        return new HikariDataSource(config);
    }

    /**
     * Where a database is.
     *
     * @param jdbcUrl without a user and a password
     * @param properties with them
     * @param shown for messages
     */
    record Address(String jdbcUrl, Properties properties, String shown) {
        private static final String JDBC = "jdbc:";

        /**
         * Reads {@code postgresql://user:password@host:port/name?options}, also as {@code postgres:} and with
         * {@code jdbc:} before it.
         *
         * @throws IllegalArgumentException when it is none; does not show it, because it may hold a password
         */
        static Address of(String url) {
            String plain = url.startsWith(JDBC) ? url.substring(JDBC.length()) : url;
            try {
                URI uri = new URI(plain);
                String scheme = uri.getScheme();
                String authority = uri.getRawAuthority();
                if (authority == null || !"postgresql".equals(scheme) && !"postgres".equals(scheme)) {
                    throw malformed();
                }
                int at = authority.lastIndexOf('@');
                Properties properties = credentials(at < 0 ? "" : authority.substring(0, at));
                properties.setProperty("connectTimeout", "2");
                properties.setProperty("socketTimeout", "30");
                properties.setProperty("tcpKeepAlive", "true");
                properties.setProperty("ApplicationName", "atelier");
                String place = "postgresql://" + authority.substring(at + 1) + uri.getRawPath();
                String options = uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery();
                return new Address(JDBC + place + options, properties, place);
            } catch (URISyntaxException e) {
                throw malformed();
            }
        }

        private static Properties credentials(String userInfo) {
            Properties properties = new Properties();
            int colon = userInfo.indexOf(':');
            String user = colon < 0 ? userInfo : userInfo.substring(0, colon);
            if (!user.isEmpty()) {
                properties.setProperty("user", decoded(user));
            }
            if (colon >= 0) {
                properties.setProperty("password", decoded(userInfo.substring(colon + 1)));
            }
            return properties;
        }

        private static String decoded(String text) {
            return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
        }

        private static IllegalArgumentException malformed() {
            return new IllegalArgumentException("must be postgresql://USER:PASSWORD@HOST:PORT/NAME");
        }
    }
}
