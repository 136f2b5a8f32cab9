package dev.atelier.gateway.access;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The keys that are good now. The file is looked at every few seconds, and what changed in it counts from then on; a
 * file that cannot be read, or not understood, changes nothing. Safe from any thread.
 */
public final class KeyRing {
    private static final Logger LOG = LoggerFactory.getLogger(KeyRing.class);
    private static final Duration LOOK = Duration.ofSeconds(1);

    private final Path file;
    private volatile List<ApiKey> keys;
    private String text;
    private String problem = "";

    private KeyRing(Path file, String text, List<ApiKey> keys) {
        this.file = file;
        this.text = text;
        this.keys = keys;
    }

    /**
     * Reads the keys; blocks.
     *
     * @throws IllegalStateException when the file cannot be read or understood
     */
    public static KeyRing read(Path file) {
        try {
            String text = KeyFile.text(file);
            return new KeyRing(file, text, List.copyOf(KeyFile.parse(text)));
        } catch (IOException e) {
            throw new IllegalStateException("API_KEYS_FILE " + file + " cannot be read: " + reason(e), e);
        } catch (IllegalArgumentException e) {
            throw new IllegalStateException("API_KEYS_FILE " + file + ", " + e.getMessage(), e);
        }
    }

    /**
     * Looks at the file from now on, on the executor.
     *
     * @return ends that
     */
    public Runnable follow(Vertx vertx, WorkerExecutor executor) {
        long timer = vertx.setPeriodic(LOOK.toMillis(), tick -> {
            Future<Void> looked = executor.executeBlocking(
                    () -> {
                        look();
                        return null;
                    },
                    false);
            looked.onFailure(failure -> LOG.error("the API keys cannot be looked at", failure));
        });
        return () -> vertx.cancelTimer(timer);
    }

    /** Returns how many keys there are. */
    public int size() {
        return keys.size();
    }

    /** Returns the key that a text is. Takes as long for one that is nearly right as for any other. */
    public Optional<ApiKey> find(String key) {
        byte[] hash = bytes(ApiKey.hash(key));
        ApiKey found = null;
        for (ApiKey known : keys) {
            if (MessageDigest.isEqual(hash, bytes(known.sha256()))) {
                found = known;
            }
        }
        return Optional.ofNullable(found);
    }

    synchronized void look() {
        String now;
        try {
            now = KeyFile.text(file);
            if (now.equals(text)) {
                problem = "";
                return;
            }
            keys = List.copyOf(KeyFile.parse(now));
        } catch (IOException e) {
            complain("cannot be read: " + reason(e));
            return;
        } catch (IllegalArgumentException e) {
            complain(String.valueOf(e.getMessage()));
            return;
        }
        text = now;
        problem = "";
        LOG.info("{} changed: {} API keys", file, keys.size());
    }

    private void complain(String what) {
        if (!what.equals(problem)) {
            problem = what;
            LOG.error("{}: {}; the keys stay as they were", file, what);
        }
    }

    private static String reason(IOException failure) {
        return failure.getClass().getSimpleName();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
