package dev.atelier.zimage.checkpoint;

import java.util.Arrays;
import java.util.Optional;

/** The element types of a safetensors file, by the names that its header uses. */
public enum DType {
    /** Truth values, a byte each. */
    BOOL(8),
    /** 4-bit floats, two in a byte. */
    F4(4),
    /** 6-bit floats with two exponent bits. */
    F6_E2M3(6),
    /** 6-bit floats with three exponent bits. */
    F6_E3M2(6),
    /** Unsigned bytes. */
    U8(8),
    /** Signed bytes. */
    I8(8),
    /** 8-bit floats with five exponent bits. */
    F8_E5M2(8),
    /** 8-bit floats with four exponent bits. */
    F8_E4M3(8),
    /** 8-bit powers of two. */
    F8_E8M0(8),
    /** 8-bit floats with four exponent bits and no negative zero. */
    F8_E4M3FNUZ(8),
    /** 8-bit floats with five exponent bits and no negative zero. */
    F8_E5M2FNUZ(8),
    /** 16-bit signed integers. */
    I16(16),
    /** 16-bit unsigned integers. */
    U16(16),
    /** IEEE 754 half precision. */
    F16(16),
    /** The upper half of a single precision float. */
    BF16(16),
    /** 32-bit signed integers. */
    I32(32),
    /** 32-bit unsigned integers. */
    U32(32),
    /** IEEE 754 single precision. */
    F32(32),
    /** A pair of single precision floats. */
    C64(64),
    /** IEEE 754 double precision. */
    F64(64),
    /** 64-bit signed integers. */
    I64(64),
    /** 64-bit unsigned integers. */
    U64(64);

    /** The types that {@link TensorReader#floats} converts, for messages. */
    public static final String READABLE = "F16, BF16, F32, F64, F8_E4M3 or F8_E5M2";

    private final int bits;

    DType(int bits) {
        this.bits = bits;
    }

    /** Returns the type of that name, empty for one that the format does not know. */
    static Optional<DType> ofName(String name) {
        return Arrays.stream(values()).filter(type -> type.name().equals(name)).findFirst();
    }

    /** Returns the bits of one element; less than 8 for the packed types. */
    public int bits() {
        return bits;
    }

    /** Says whether the runtime computes with it, or converts it when a session is made: F16, BF16, F32 and F64. */
    public boolean isFloat() {
        return this == F16 || this == BF16 || this == F32 || this == F64;
    }

    /** Says whether {@link TensorReader#floats} converts it: what {@link #READABLE} names. */
    public boolean isReadable() {
        return isFloat() || this == F8_E4M3 || this == F8_E5M2;
    }

    /** Says whether {@link TensorReader#number} reads one: what is readable, and whole numbers. */
    public boolean isNumber() {
        return isReadable() || this == I64 || this == I32 || this == I16 || this == I8 || this == U8;
    }
}
