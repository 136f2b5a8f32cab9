package dev.atelier.gateway.adapter.remote;

/** Hears of all downloads together, on an event loop. */
public interface DownloadObserver {
    /** What becomes of a download. */
    enum Outcome {
        /** The whole file is there. */
        SUCCESS,
        /** It could not be had. */
        FAILURE,
        /** Nobody waits for it any more. */
        CANCELED
    }

    /** Hears nothing. */
    DownloadObserver NONE = new DownloadObserver() {
        @Override
        public void received(int bytes) {}

        @Override
        public void retried() {}

        @Override
        public void ended(Outcome outcome) {}
    };

    /** A piece has come. */
    void received(int bytes);

    /** A download broke off and begins another try. */
    void retried();

    /** A download has ended. */
    void ended(Outcome outcome);
}
