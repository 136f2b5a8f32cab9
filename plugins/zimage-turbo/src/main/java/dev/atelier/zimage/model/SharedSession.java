package dev.atelier.zimage.model;

import dev.atelier.zimage.onnx.OnnxModel;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * The sessions that are open in this process. Pipelines that need the same graph over the same files on the same device
 * share one session, so that what several models of a family have in common is in memory once; the last one to release
 * it closes it. Thread-safe.
 */
final class SharedSession {
    private static final Map<Key, SharedSession> OPEN = new HashMap<>();

    private final Key key;
    private final OnnxSession session;
    private int users;

    private SharedSession(Key key, OnnxSession session) {
        this.key = key;
        this.session = session;
    }

    private record Key(SessionSettings settings, Path root, ByteBuffer graph) {}

    /** Opens a session or joins its users; each call is answered by one {@link #release()}. */
    static SharedSession acquire(OnnxModel model, SessionSettings settings, String what) {
        synchronized (OPEN) {
            Key key = new Key(settings, model.root(), ByteBuffer.wrap(model.bytes()));
            SharedSession shared = OPEN.get(key);
            if (shared == null) {
                shared = new SharedSession(key, OnnxSession.open(model, settings, what));
                OPEN.put(key, shared);
            }
            shared.users++;
            return shared;
        }
    }

    /** Returns the session, to be used until it is released. */
    OnnxSession session() {
        return session;
    }

    /** Leaves the session; the last user closes it. */
    void release() {
        synchronized (OPEN) {
            users--;
            if (users == 0) {
                OPEN.remove(key);
                session.close();
            }
        }
    }

    /** Returns how many sessions are open. */
    static int open() {
        synchronized (OPEN) {
            return OPEN.size();
        }
    }
}
