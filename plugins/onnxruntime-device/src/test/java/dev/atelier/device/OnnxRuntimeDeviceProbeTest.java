package dev.atelier.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.atelier.plugin.Device;
import dev.atelier.plugin.DeviceProbe;
import dev.atelier.plugin.DeviceStatus;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;

class OnnxRuntimeDeviceProbeTest {
    private final DeviceProbe probe = new OnnxRuntimeDeviceProbe();

    @Test
    void isFoundByTheServiceLoader() {
        assertInstanceOf(
                OnnxRuntimeDeviceProbe.class,
                ServiceLoader.load(DeviceProbe.class).findFirst().orElseThrow());
    }

    @Test
    void findsTheProcessorAlive() {
        DeviceStatus status = probe.probe(Device.CPU);

        assertTrue(status.alive(), status.problem());
        assertNull(status.problem());
        assertFalse(status.name().isBlank());
        assertTrue(status.totalBytes().orElseThrow() > 0);
    }

    @Test
    void loadsTheRuntimeFromTheUsersFolder() {
        probe.probe(Device.CPU);

        assertTrue(System.getProperty("onnxruntime.native.path").contains("atelier"));
    }

    @Test
    void namesTheLibraryThatKeepsCudaFromWorking() {
        DeviceStatus status = probe.probe(Device.cuda(0));
        assumeTrue(!status.alive(), "CUDA works here");

        String problem = status.problem();
        assertNotNull(problem);
        assertTrue(problem.contains(".so"), problem);
        assertEquals(Device.cuda(0), status.device());
    }
}
