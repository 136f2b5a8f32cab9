package dev.atelier.gateway.job;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Each cause for which PostgreSQL cannot be used, from a real server that asks for passwords. */
@Timeout(120)
class StoreCausesTest {
    private static final String PASSWORD = "s3cret";

    @TempDir
    static Path data;

    private static PasswordPostgres server;

    @TempDir
    Path folder;

    private final Vertx vertx = Vertx.vertx();
    private final LogLines log = new LogLines();

    @BeforeAll
    static void start() throws Exception {
        server = new PasswordPostgres(data.resolve("postgres"));
        server.sql("CREATE ROLE ann LOGIN PASSWORD '" + PASSWORD + "'");
        server.sql("CREATE ROLE crowded LOGIN PASSWORD '" + PASSWORD + "' CONNECTION LIMIT 0");
        server.sql("CREATE ROLE guest LOGIN PASSWORD '" + PASSWORD + "'");
        server.sql("CREATE ROLE group_only NOLOGIN PASSWORD '" + PASSWORD + "'");
        server.sql("CREATE DATABASE annsjobs OWNER ann");
        server.sql("REVOKE CREATE ON SCHEMA public FROM public");
        server.sql("CREATE DATABASE readonly OWNER ann");
        server.sql("ALTER DATABASE readonly SET default_transaction_read_only = on");
        server.allow("host all group_only all trust");
        server.allow("host all unknown_role all trust");
        server.allow("host postgres,annsjobs,readonly,none all all scram-sha-256");
    }

    @AfterAll
    static void stop() throws IOException {
        server.close();
    }

    @AfterEach
    void close() {
        log.close();
        vertx.close().await();
    }

    private static String url(String user, String hostAndRest) {
        return "postgresql://" + user + ":" + PASSWORD + "@" + hostAndRest;
    }

    private static String at(String database) {
        return "localhost:" + server.port() + "/" + database;
    }

    /** Ways to be wrong, each with what the message has to say. */
    enum Wrong {
        PASSWORD("rejected the user name or password") {
            @Override
            String url() {
                return "postgresql://ann:wr0ng@" + at("annsjobs");
            }
        },
        PASSWORD_ABSENT("asks for a password") {
            @Override
            String url() {
                return "postgresql://ann@" + at("annsjobs");
            }
        },
        ROLE_UNKNOWN("the role in DATABASE_URL does not exist or may not log in") {
            @Override
            String url() {
                return StoreCausesTest.url("unknown_role", at("annsjobs"));
            }
        },
        ROLE_WITHOUT_LOGIN("may not log in") {
            @Override
            String url() {
                return StoreCausesTest.url("group_only", at("annsjobs"));
            }
        },
        DATABASE_UNKNOWN("the database named in DATABASE_URL does not exist") {
            @Override
            String url() {
                return StoreCausesTest.url("ann", at("none"));
            }
        },
        NO_RULE("pg_hba.conf") {
            @Override
            String url() {
                return StoreCausesTest.url("ann", at("template1"));
            }
        },
        NO_PRIVILEGE("lacks a privilege") {
            @Override
            String url() {
                return StoreCausesTest.url("guest", at("postgres"));
            }
        },
        CROWDED("too many connections") {
            @Override
            String url() {
                return StoreCausesTest.url("crowded", at("annsjobs"));
            }
        },
        READ_ONLY("is read-only") {
            @Override
            String url() {
                return StoreCausesTest.url("ann", at("readonly"));
            }
        },
        WITHOUT_PRIMARY("none of the database servers in DATABASE_URL accepts writes") {
            @Override
            String url() {
                return StoreCausesTest.url(
                        "ann", "localhost:" + server.port() + ",127.0.0.1:" + server.port() + "/readonly");
            }
        },
        WITHOUT_TLS("TLS connection") {
            @Override
            String url() {
                return StoreCausesTest.url("ann", at("annsjobs") + "?sslmode=require");
            }
        },
        HOST_UNKNOWN("cannot be resolved") {
            @Override
            String url() {
                return StoreCausesTest.url("ann", "database.invalid/annsjobs");
            }
        },
        REFUSED("refused the connection") {
            @Override
            String url() throws IOException {
                try (ServerSocket free = new ServerSocket(0)) {
                    return StoreCausesTest.url("ann", "localhost:" + free.getLocalPort() + "/annsjobs");
                }
            }
        };

        final String says;

        Wrong(String says) {
            this.says = says;
        }

        abstract String url() throws IOException;
    }

    private StoreSettings settings(String url) {
        return new StoreSettings(folder, Optional.of(url), 256, 3, Duration.ofSeconds(30), Duration.ofHours(1));
    }

    @ParameterizedTest
    @EnumSource(
            mode = EnumSource.Mode.EXCLUDE,
            names = {"CROWDED", "WITHOUT_PRIMARY", "HOST_UNKNOWN", "REFUSED"})
    void isNamedInOneLineAtTheStartWithoutCredentials(Wrong wrong) {
        IOException failure = assertThrows(IOException.class, () -> TestStores.open(vertx, settings(wrong.url())));

        String message = failure.getMessage();
        assertTrue(message.contains(wrong.says), message);
        assertFalse(message.contains("\n"), message);
        assertWithoutCredentials(message);
        log.with("").forEach(StoreCausesTest::assertWithoutCredentials);
    }

    @ParameterizedTest
    @EnumSource(names = {"CROWDED", "WITHOUT_PRIMARY", "HOST_UNKNOWN", "REFUSED"})
    void isNamedWhereTheStartWaitsForItToPass(Wrong wrong) throws IOException {
        PgAddress address = PgAddress.of(wrong.url());
        try (PgConnector connector = new PgConnector(address, Optional.empty(), new StoreStatus(address.shown()))) {
            SQLException failure = assertThrows(SQLException.class, () -> connector.awaitServer(Duration.ofSeconds(1)));

            String text = StoreProblem.of(failure).orElseThrow().text();
            assertTrue(text.contains(wrong.says), text);
            assertEquals(1, log.with(text).size(), "one line for several attempts");
            log.with("").forEach(StoreCausesTest::assertWithoutCredentials);
        }
    }

    static void assertWithoutCredentials(String text) {
        for (String secret : List.of(PASSWORD, "wr0ng", "ann:", "guest", "crowded", "group_only", "unknown_role")) {
            assertFalse(text.contains(secret), text);
        }
    }

    @Test
    void isTheTimeoutOfAServerThatAcceptsAndSaysNothing() throws IOException {
        try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
                PgConnector connector = new PgConnector(
                        PgAddress.of("postgresql://ann:s3cret@localhost:" + silent.getLocalPort() + "/jobs"),
                        Optional.empty(),
                        new StoreStatus("jobs"))) {
            SQLException failure = assertThrows(SQLException.class, connector::connect);

            assertEquals(Optional.of(StoreProblem.TIMED_OUT), StoreProblem.of(failure));
            assertEquals(1, log.with("cause=TIMED_OUT").size());
        }
    }
}
