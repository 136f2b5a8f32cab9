package dev.atelier.zimage.model;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.RunOptions;
import ai.onnxruntime.OrtSession.SessionOptions;
import ai.onnxruntime.providers.OrtCUDAProviderOptions;
import dev.atelier.plugin.Cancellation;
import dev.atelier.plugin.Device;
import dev.atelier.zimage.onnx.OnnxModel;
import java.util.Map;
import java.util.concurrent.CancellationException;

/** A graph opened on a device. Used by one thread at a time; the caller closes it, and every tensor that it gives. */
final class OnnxSession implements AutoCloseable {
    /** The runtime's plain attention, every product in the type of its input. */
    private static final int MATH_ATTENTION = 16;
    /**
     * cuDNN's attention wherever it runs (16 bits, compute capability 8.0), else the memory-efficient, else the plain.
     */
    private static final int FAST_ATTENTION = 8 + 2 + MATH_ATTENTION;

    private final OrtSession session;

    private OnnxSession(OrtSession session) {
        this.session = session;
    }

    /**
     * Opens a graph.
     *
     * @param what for error messages
     */
    static OnnxSession open(OnnxModel model, SessionSettings settings, String what) {
        try (SessionOptions options = options(model, settings)) {
            return new OnnxSession(OrtEnvironment.getEnvironment().createSession(model.bytes(), options));
        } catch (OrtException e) {
            throw OrtFailures.translate(e, "cannot open the " + what + " on " + settings.device());
        }
    }

    /**
     * Runs the graph; stops at the runtime's next operator when cancelled.
     *
     * @throws CancellationException when it was stopped
     */
    OrtSession.Result run(Map<String, OnnxTensor> inputs, Cancellation cancellation) {
        if (cancellation.isCancelled()) {
            throw new CancellationException();
        }
        try (RunOptions options = new RunOptions()) {
            Termination termination = new Termination(options, cancellation);
            try {
                return session.run(inputs, session.getOutputNames(), options);
            } finally {
                termination.end();
            }
        } catch (OrtException e) {
            if (cancellation.isCancelled()) {
                throw new CancellationException();
            }
            throw OrtFailures.translate(e, "cannot run the graph");
        }
    }

    @Override
    public void close() {
        try {
            session.close();
        } catch (OrtException e) {
            throw OrtFailures.translate(e, "cannot close a session");
        }
    }

    private static SessionOptions options(OnnxModel model, SessionSettings settings) throws OrtException {
        SessionOptions options = new SessionOptions();
        options.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR);
        options.setIntraOpNumThreads(settings.threads());
        options.setInterOpNumThreads(1);
        // its plans are kept by the sum of an input's dimensions, which two pictures of different shape can share
        options.setMemoryPatternOptimization(false);
        options.addConfigEntry("session.intra_op.allow_spinning", "0");
        options.addConfigEntry(
                "session.model_external_initializers_file_folder_path",
                model.root().toString());
        if (settings.device().kind() == Device.Kind.CUDA) {
            options.addConfigEntry("session.use_device_allocator_for_initializers", "1");
            options.addCUDA(cuda(settings));
        }
        return options;
    }

    private static OrtCUDAProviderOptions cuda(SessionSettings settings) throws OrtException {
        OrtCUDAProviderOptions options =
                new OrtCUDAProviderOptions(settings.device().index());
        options.add("arena_extend_strategy", "kSameAsRequested");
        options.add("cudnn_conv_algo_search", "HEURISTIC");
        options.add("use_tf32", settings.tensorFloat32() ? "1" : "0");
        options.add("sdpa_kernel", Integer.toString(settings.tensorFloat32() ? FAST_ATTENTION : MATH_ATTENTION));
        return options;
    }

    /** Ties a run to its cancellation. Options must not be touched once closed, so ending it excludes stopping it. */
    private static final class Termination {
        private final RunOptions options;
        private final Cancellation.Registration registration;
        private boolean ended;

        Termination(RunOptions options, Cancellation cancellation) {
            this.options = options;
            registration = cancellation.onCancel(this::stop);
        }

        private synchronized void stop() {
            if (!ended) {
                try {
                    options.setTerminate(true);
                } catch (OrtException e) {
                    throw OrtFailures.translate(e, "cannot stop a run");
                }
            }
        }

        void end() {
            registration.close();
            synchronized (this) {
                ended = true;
            }
        }
    }
}
