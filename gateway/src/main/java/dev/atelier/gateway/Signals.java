package dev.atelier.gateway;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends the process in order when the operating system asks for it. The JVM's own way runs every shutdown hook at once,
 * ONNX Runtime's among them, which frees the runtime under a session that is being opened or run and so crashes the
 * process. Here the hooks run only after the action has ended. The second signal ends the process at once.
 *
 * <p>The class behind it, {@code sun.misc.Signal}, is part of every JDK's {@code jdk.unsupported} but not of the
 * platform's specification, hence the reflection; a JVM without it keeps its own way.
 */
final class Signals {
    private static final Logger LOG = LoggerFactory.getLogger(Signals.class);
    private static final List<String> ENDING = List.of("TERM", "INT", "HUP");
    private static final int SIGNAL_EXIT = 128;

    private Signals() {}

    /**
     * Runs an action once, on a thread of its own, when the process is asked to end, and then ends it with code 0.
     *
     * @return says whether it was asked
     */
    static BooleanSupplier onEnd(Runnable action) {
        Ending ending = new Ending(action);
        handle(ending::begin);
        return ending::hasBegun;
    }

    /**
     * Runs an action when the process is asked to end, and then ends it at once with 128 and the signal's number: 130
     * for Ctrl-C.
     */
    static void onInterrupt(Runnable action) {
        handle(code -> {
            action.run();
            Runtime.getRuntime().halt(code);
        });
    }

    private static void handle(IntConsumer handler) {
        for (String name : ENDING) {
            try {
                Class<?> signalType = Class.forName("sun.misc.Signal");
                Class<?> handlerType = Class.forName("sun.misc.SignalHandler");
                Object signal = signalType.getConstructor(String.class).newInstance(name);
                int number = (int) signalType.getMethod("getNumber").invoke(signal);
                Object proxied = Proxy.newProxyInstance(
                        Signals.class.getClassLoader(),
                        new Class<?>[] {handlerType},
                        (proxy, method, arguments) -> answer(handler, number, proxy, method.getName(), arguments));
                signalType.getMethod("handle", signalType, handlerType).invoke(null, signal, proxied);
            } catch (InvocationTargetException e) {
                LOG.debug("signal {} is not ours to handle: {}", name, String.valueOf(e.getCause()));
            } catch (ReflectiveOperationException e) {
                LOG.debug("signals cannot be handled here: {}", e.toString());
            }
        }
    }

    private static @Nullable Object answer(
            IntConsumer handler, int number, Object proxy, String method, Object[] arguments) {
        return switch (method) {
            case "handle" -> {
                handler.accept(SIGNAL_EXIT + number);
                yield null;
            }
            case "hashCode" -> System.identityHashCode(proxy);
            case "equals" -> proxy == arguments[0];
            default -> "ending handler";
        };
    }

    private static final class Ending {
        private final Runnable action;
        private boolean begun;

        Ending(Runnable action) {
            this.action = action;
        }

        synchronized void begin(int impatientExit) {
            if (begun) {
                Runtime.getRuntime().halt(impatientExit);
            }
            begun = true;
            new Thread(this::end, "atelier-shutdown").start();
        }

        synchronized boolean hasBegun() {
            return begun;
        }

        private void end() {
            try {
                action.run();
            } finally {
                System.exit(0);
            }
        }
    }
}
