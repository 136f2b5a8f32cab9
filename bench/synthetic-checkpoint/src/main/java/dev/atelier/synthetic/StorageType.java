package dev.atelier.synthetic;

import java.nio.ByteBuffer;

/** How a tensor's numbers are stored, by safetensors' names. */
public enum StorageType {
    /** 32 bits. */
    F32(4),
    /** The upper 16 bits of a float. */
    BF16(2),
    /** IEEE half precision. */
    F16(2);

    private final int bytes;

    StorageType(int bytes) {
        this.bytes = bytes;
    }

    /** Returns the bytes that one number takes. */
    public int bytes() {
        return bytes;
    }

    /** Appends a number, rounded to nearest even. */
    void put(ByteBuffer target, float value) {
        switch (this) {
            case F32 -> target.putFloat(value);
            case BF16 -> target.putShort(toBrainFloat(value));
            case F16 -> target.putShort(toHalf(value));
        }
    }

    private static short toBrainFloat(float value) {
        int bits = Float.floatToRawIntBits(value);
        return (short) ((bits + 0x7FFF + ((bits >>> 16) & 1)) >>> 16);
    }

    /** Rounds a finite number; one beyond half precision's range becomes infinite, as in IEEE 754. */
    private static short toHalf(float value) {
        int sign = Float.floatToRawIntBits(value) >>> 16 & 0x8000;
        float magnitude = Math.abs(value);
        if (magnitude >= 65520f) {
            return (short) (sign | 0x7C00);
        }
        if (magnitude < 0x1p-14f) {
            return (short) (sign | (int) Math.rint(magnitude * 0x1p24));
        }
        int bits = Float.floatToRawIntBits(magnitude);
        int rounded = bits + 0xFFF + ((bits >>> 13) & 1);
        return (short) (sign | ((rounded >>> 13) - (112 << 10)));
    }
}
