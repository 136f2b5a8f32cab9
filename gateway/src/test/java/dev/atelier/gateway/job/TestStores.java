package dev.atelier.gateway.job;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * Settings of stores for tests: a file in a folder, or a new database of a real PostgreSQL that runs as long as this.
 */
final class TestStores {
    private static final AtomicInteger DATABASES = new AtomicInteger();

    private TestStores() {}

    private static final class Server {
        private static final EmbeddedPostgres RUNNING = start();

        private static EmbeddedPostgres start() {
            try {
                return EmbeddedPostgres.builder()
                        .setServerConfig("fsync", "off")
                        .start();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** Returns the defaults over a database of its own. */
    static StoreSettings settings(Dialect dialect, Path folder) {
        StoreSettings file = StoreSettings.in(folder);
        return dialect == Dialect.SQLITE
                ? file
                : new StoreSettings(
                        folder,
                        Optional.of(database()),
                        file.queueCapacity(),
                        file.maxAttempts(),
                        file.lease(),
                        file.retention());
    }

    private static String database() {
        String name = "atelier_" + DATABASES.incrementAndGet();
        try (Connection connection = Server.RUNNING.getPostgresDatabase().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE DATABASE " + name);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
        return "postgresql://postgres:postgres@localhost:" + Server.RUNNING.getPort() + "/" + name;
    }

    static StoreSettings withCapacity(StoreSettings settings, int images) {
        return new StoreSettings(
                settings.dataDir(),
                settings.databaseUrl(),
                images,
                settings.maxAttempts(),
                settings.lease(),
                settings.retention());
    }

    static StoreSettings withTimes(StoreSettings settings, Duration lease, Duration retention) {
        return new StoreSettings(
                settings.dataDir(),
                settings.databaseUrl(),
                settings.queueCapacity(),
                settings.maxAttempts(),
                lease,
                retention);
    }

    static JobStore open(Vertx vertx, StoreSettings settings) {
        return JobStore.open(vertx, settings, (operation, succeeded) -> {}).await();
    }

    /** Asks again and again until the answer fits. */
    static <T> T until(Vertx vertx, Supplier<Future<T>> ask, Predicate<T> fits) throws Exception {
        return answer(vertx, ask, fits)
                .toCompletionStage()
                .toCompletableFuture()
                .get(30, TimeUnit.SECONDS);
    }

    private static <T> Future<T> answer(Vertx vertx, Supplier<Future<T>> ask, Predicate<T> fits) {
        return ask.get()
                .compose(answer -> fits.test(answer)
                        ? Future.succeededFuture(answer)
                        : vertx.timer(20, TimeUnit.MILLISECONDS).compose(elapsed -> answer(vertx, ask, fits)));
    }
}
