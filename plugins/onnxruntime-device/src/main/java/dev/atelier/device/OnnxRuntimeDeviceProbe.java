package dev.atelier.device;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.atelier.plugin.Device;
import dev.atelier.plugin.DeviceProbe;
import dev.atelier.plugin.DeviceStatus;
import java.io.IOException;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tries a device by running a tiny convolution on it: that needs the provider, the driver and cuDNN, as drawing does.
 * The first call unpacks the runtime's natives and loads them, so that it must come before any plugin uses the runtime.
 */
public final class OnnxRuntimeDeviceProbe implements DeviceProbe {
    private static final Logger LOG = LoggerFactory.getLogger(OnnxRuntimeDeviceProbe.class);

    /** A ModelProto of operator set 13: float[1,1,1,1] y = Conv(x, x), which is the square of x. */
    private static final byte[] SQUARE = HexFormat.of()
            .parseHex(
                    "08083a4e0a0f0a01780a01781201792204436f6e761201675a1b0a017812160a14080112100a0208010a0208010a0208010a020801621b0a017912160a14080112100a0208010a0208010a0208010a0208014202100d");

    private final RuntimeNatives natives;

    /** Creates the probe; nothing is loaded before it is asked. */
    public OnnxRuntimeDeviceProbe() {
        this(RuntimeNatives.ofUser());
    }

    OnnxRuntimeDeviceProbe(RuntimeNatives natives) {
        this.natives = natives;
    }

    @Override
    public DeviceStatus probe(Device device) {
        boolean cuda = device.kind() == Device.Kind.CUDA;
        Optional<String> absence = cuda ? CudaDriver.absence() : Optional.empty();
        if (absence.isPresent()) {
            return dead(device, absence.get());
        }
        try {
            natives.prepare(cuda);
            OrtEnvironment environment = OrtEnvironment.getEnvironment();
            environment.setTelemetry(false);
            compute(environment, device);
            return alive(device);
        } catch (OrtException e) {
            return judge(device, String.valueOf(e.getMessage()));
        } catch (IOException | LinkageError | RuntimeException e) {
            LOG.debug("probing {}", device, e);
            return dead(device, "ONNX Runtime cannot be loaded: " + e.getMessage());
        }
    }

    private static void compute(OrtEnvironment environment, Device device) throws OrtException {
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            options.setIntraOpNumThreads(1);
            if (device.kind() == Device.Kind.CUDA) {
                options.addCUDA(device.index());
                options.addConfigEntry("session.disable_cpu_ep_fallback", "1");
            }
            try (OrtSession session = environment.createSession(SQUARE, options);
                    OnnxTensor input = OnnxTensor.createTensor(environment, new float[][][][] {{{{3}}}});
                    OrtSession.Result result = session.run(Map.of("x", input))) {
                float output = ((float[][][][]) result.get(0).getValue())[0][0][0][0];
                if (output != 9) {
                    throw new IllegalStateException(device + " computed 3 * 3 = " + output);
                }
            }
        }
    }

    private static DeviceStatus judge(Device device, String message) {
        if (CudaFailure.isOutOfMemory(message)) {
            // A full device answers: it is alive, and what fills it may go.
            return alive(device);
        }
        return dead(device, device.kind() == Device.Kind.CUDA ? CudaFailure.explain(message) : message);
    }

    private static DeviceStatus alive(Device device) {
        return new DeviceStatus(device, name(device), true, null, Machine.memory(device), OptionalLong.empty());
    }

    private static DeviceStatus dead(Device device, String problem) {
        return new DeviceStatus(device, name(device), false, problem, Machine.memory(device), OptionalLong.empty());
    }

    private static String name(Device device) {
        return device.kind() == Device.Kind.CPU
                ? Machine.processor()
                : CudaDriver.onlyGpu().orElse("NVIDIA GPU " + device.index());
    }
}
