package dev.atelier.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class CudaFailureTest {
    @Test
    void namesTheMissingLibrary() {
        assertEquals(
                "libcublasLt.so.12 is missing",
                CudaFailure.missing("/home/u/.cache/x/libonnxruntime_providers_cuda.so: libcublasLt.so.12: cannot open"
                        + " shared object file: No such file or directory"));
    }

    @Test
    void keepsLinkErrorsOfOtherKinds() {
        String error = "/x/libonnxruntime_providers_cuda.so: undefined symbol: cudaGetDevice";

        assertEquals(error, CudaFailure.missing(error));
    }

    @Test
    void tellsAFullDeviceFromADeadOne() {
        assertTrue(CudaFailure.isOutOfMemory("x Failed to allocate memory for requested buffer of size 5 y"));
        assertTrue(CudaFailure.isOutOfMemory("CUDA failure 2: out of memory ; GPU=0"));
        assertFalse(CudaFailure.isOutOfMemory("CUDA failure 201: invalid device context"));
        assertFalse(CudaFailure.isOutOfMemory("CUDA failure 700: an illegal memory access was encountered"));
    }
}
