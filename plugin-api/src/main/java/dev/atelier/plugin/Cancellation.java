package dev.atelier.plugin;

/** Tells a pipeline that its picture is not wanted any more. Thread-safe. */
public interface Cancellation {
    /** A cancellation that never comes. */
    Cancellation NEVER = new Cancellation() {
        @Override
        public boolean isCancelled() {
            return false;
        }

        @Override
        public Registration onCancel(Runnable action) {
            return () -> {};
        }
    };

    /** Returns whether the picture was cancelled. */
    boolean isCancelled();

    /**
     * Registers what to do when it is cancelled, from another thread; runs it at once when it already was.
     *
     * @return closes the registration, so that the action is not run later
     */
    Registration onCancel(Runnable action);

    /** An action that waits for a cancellation. */
    interface Registration extends AutoCloseable {
        /** Ends the registration; an action that is running already is not waited for. */
        @Override
        void close();
    }
}
