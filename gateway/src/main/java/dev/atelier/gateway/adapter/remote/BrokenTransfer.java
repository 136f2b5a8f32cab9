package dev.atelier.gateway.adapter.remote;

import org.jspecify.annotations.Nullable;

/** One try has failed in a way that another may not. Its message is fit for clients. */
final class BrokenTransfer extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final @Nullable Integer status;
    private final boolean restart;

    private BrokenTransfer(String reason, @Nullable Integer status, boolean restart) {
        super(reason, null, false, false);
        this.status = status;
        this.restart = restart;
    }

    /** The connection did not come about or did not hold; what has come stays. */
    static BrokenTransfer connection(String reason) {
        return new BrokenTransfer(reason, null, false);
    }

    /** The server cannot answer just now; what has come stays. */
    static BrokenTransfer status(int status) {
        return new BrokenTransfer("HTTP " + status, status, false);
    }

    /** What has come does not fit what the server has now. */
    static BrokenTransfer changed(int status) {
        return new BrokenTransfer("the file changed while it was fetched", status, true);
    }

    /** Returns the HTTP status, when there was one. */
    @Nullable
    Integer status() {
        return status;
    }

    /** Returns whether the next try must begin from nothing. */
    boolean restart() {
        return restart;
    }
}
