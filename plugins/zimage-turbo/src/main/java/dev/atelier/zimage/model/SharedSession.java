package dev.atelier.zimage.model;

import dev.atelier.zimage.onnx.OnnxModel;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The sessions that are open in this process. Pipelines that need the same graph over the same weights on the same
 * device share one session, so that what several models of a family have in common is in memory once, wherever each
 * found it; the last one to release it closes it. Thread-safe.
 */
final class SharedSession {
    private static final List<SharedSession> OPEN = new ArrayList<>();

    private final SessionSettings settings;
    private final OnnxModel model;
    private final OnnxSession session;
    private int users;

    private SharedSession(SessionSettings settings, OnnxModel model, OnnxSession session) {
        this.settings = settings;
        this.model = model;
        this.session = session;
    }

    /** Opens a session or joins its users; each call is answered by one {@link #release()}. */
    static SharedSession acquire(OnnxModel model, SessionSettings settings, String what) {
        synchronized (OPEN) {
            SharedSession shared = find(model, settings).orElseGet(() -> open(model, settings, what));
            shared.users++;
            return shared;
        }
    }

    private static Optional<SharedSession> find(OnnxModel model, SessionSettings settings) {
        return OPEN.stream()
                .filter(open -> open.settings.equals(settings))
                .filter(open -> ByteBuffer.wrap(open.model.bytes()).equals(ByteBuffer.wrap(model.bytes())))
                .filter(open -> SameWeights.in(open.model, model))
                .findFirst();
    }

    private static SharedSession open(OnnxModel model, SessionSettings settings, String what) {
        SharedSession opened = new SharedSession(settings, model, OnnxSession.open(model, settings, what));
        OPEN.add(opened);
        return opened;
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
                OPEN.remove(this);
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
