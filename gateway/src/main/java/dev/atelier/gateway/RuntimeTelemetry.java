package dev.atelier.gateway;

import com.sun.jna.Function;
import com.sun.jna.Platform;

/**
 * Keeps ONNX Runtime from calling home. Its build for Linux does unless a variable of the environment says otherwise,
 * and ends the process where it cannot. Whoever starts the gateway without {@code ./atelier} may not know of it.
 */
final class RuntimeTelemetry {
    private static final String VARIABLE = "ORT_DISABLE_TELEMETRY";
    private static final String OFF = "1";

    private RuntimeTelemetry() {}

    /**
     * Sets the variable for this process where it is not set; to be called before the runtime is loaded.
     *
     * @throws ConfigException when that cannot be done
     */
    static void turnOff() {
        if (System.getenv(VARIABLE) != null || !Platform.isLinux()) {
            return;
        }
        try {
            // Java cannot change the environment that native libraries see; the C library can
            Function setenv = Function.getFunction(Platform.C_LIBRARY_NAME, "setenv");
            if (setenv.invokeInt(new Object[] {VARIABLE, OFF, 1}) == 0) {
                return;
            }
        } catch (LinkageError | IllegalArgumentException e) {
            // told below
        }
        throw new ConfigException("set " + VARIABLE + "=" + OFF + " in the environment, or start with ./atelier:"
                + " the runtime library would call home, and break where it cannot");
    }
}
