package dev.atelier.gateway.worker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.plugin.Device;
import dev.atelier.plugin.DeviceProbe;
import dev.atelier.plugin.DeviceStatus;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DevicesTest {
    private static final DeviceProbe NO_GPU = device -> new DeviceStatus(
            device, "GPU", false, "libcublasLt.so.12 is missing", OptionalLong.empty(), OptionalLong.empty());
    private static final DeviceProbe NO_PROBE = device -> {
        throw new AssertionError("the CPU needs no probe to be chosen");
    };

    @Test
    void takesTheCpuWithoutTryingAnything() {
        assertEquals(List.of(Device.CPU), Devices.choose("cpu", NO_PROBE).devices());
    }

    @Test
    void takesTheGpuByItselfWhenItIsAlive() {
        Devices chosen = Devices.choose("auto", Workshop::alive);

        assertEquals(List.of(Device.cuda(0)), chosen.devices());
        assertTrue(chosen.explanation().contains("cuda:0"), chosen.explanation());
    }

    @Test
    void fallsBackToTheCpuAndSaysWhy() {
        Devices chosen = Devices.choose("auto", NO_GPU);

        assertEquals(List.of(Device.CPU), chosen.devices());
        assertTrue(chosen.explanation().contains("libcublasLt.so.12"), chosen.explanation());
    }

    @Test
    void takesTheGpusThatAreNamedOnce() {
        assertEquals(
                List.of(Device.cuda(0)), Devices.choose("cuda", Workshop::alive).devices());
        assertEquals(
                List.of(Device.cuda(3)),
                Devices.choose("cuda:3", Workshop::alive).devices());
        assertEquals(
                List.of(Device.cuda(1), Device.cuda(0)),
                Devices.choose("cuda:1,0,1", Workshop::alive).devices());
    }

    @Test
    void refusesToStartWithoutTheGpuThatIsNamed() {
        IllegalArgumentException refused =
                assertThrows(IllegalArgumentException.class, () -> Devices.choose("cuda:1", NO_GPU));

        assertEquals("cuda:1 cannot be used: libcublasLt.so.12 is missing", refused.getMessage());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "gpu", "CUDA", "cuda:", "cuda:x", "cuda:0,", "cuda:-1", "cpu:0", "cuda:99999"})
    void refusesWhatIsNoDevice(String setting) {
        assertThrows(IllegalArgumentException.class, () -> Devices.choose(setting, Workshop::alive));
    }

    @Test
    void findsTheProbeOnTheClassPath() {
        assertTrue(Devices.installedProbe().probe(Device.CPU).alive());
    }
}
