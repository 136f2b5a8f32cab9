package dev.atelier.zimage.checkpoint;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** Damages a safetensors file in one or a few ways, chosen by a generator. */
public final class FileMutation {
    private static final List<String> NUMBERS = List.of(
            "0",
            "1",
            "-1",
            "3",
            "1.5",
            "1e30",
            "4294967296",
            "9223372036854775807",
            "9223372036854775808",
            "null",
            "[]",
            "99999999999999999999999999999999");
    private static final List<String> TYPES = List.of("F32", "BF16", "F64", "I64", "BOOL", "F8_E4M3", "F4", "f32", "");
    private static final Pattern NUMBER = Pattern.compile("(?<=[\\[,])\\d+");
    private static final Pattern TYPE = Pattern.compile("(?<=\"dtype\":\")[A-Z0-9]+");
    private static final Pattern NAME = Pattern.compile("(?<=[{,]\")[^\"]+(?=\":)");

    private final Random random;

    /** Creates a mutation. */
    public FileMutation(Random random) {
        this.random = random;
    }

    /** Returns the damaged file. */
    public byte[] apply(byte[] file) {
        byte[] damaged = file;
        for (int i = 0; i <= random.nextInt(3); i++) {
            damaged = once(damaged);
        }
        return damaged;
    }

    private byte[] once(byte[] file) {
        return switch (random.nextInt(9)) {
            case 0 -> Arrays.copyOf(file, random.nextInt(file.length + 1));
            case 1 -> Arrays.copyOf(file, file.length + 1 + random.nextInt(100));
            case 2 -> flip(file, file.length);
            case 3 -> flip(file, Math.min(file.length, 9));
            case 4 -> length(file);
            case 5 -> replace(file, TYPE, TYPES.get(random.nextInt(TYPES.size())));
            case 6 -> replace(file, NAME, random.nextBoolean() ? "layers.0.weight" : "__metadata__");
            default -> replace(file, NUMBER, NUMBERS.get(random.nextInt(NUMBERS.size())));
        };
    }

    private byte[] flip(byte[] file, int within) {
        byte[] damaged = file.clone();
        for (int i = 0; i <= random.nextInt(4) && within > 0; i++) {
            damaged[random.nextInt(within)] ^= (byte) (1 << random.nextInt(8));
        }
        return damaged;
    }

    private byte[] length(byte[] file) {
        if (file.length < Long.BYTES) {
            return file;
        }
        long[] lengths = {
            0, 1, file.length, 100_000_000, 100_000_001, Integer.MAX_VALUE, Long.MAX_VALUE, -1, Long.MIN_VALUE
        };
        byte[] damaged = file.clone();
        ByteBuffer.wrap(damaged).order(ByteOrder.LITTLE_ENDIAN).putLong(0, lengths[random.nextInt(lengths.length)]);
        return damaged;
    }

    /** Replaces one match in the header and sets the header's length anew, so that only the content is wrong. */
    private byte[] replace(byte[] file, Pattern pattern, String replacement) {
        int headerEnd = headerEnd(file);
        if (headerEnd < 0) {
            return flip(file, file.length);
        }
        String header = new String(file, Long.BYTES, headerEnd - Long.BYTES, StandardCharsets.ISO_8859_1);
        List<MatchResult> matches =
                new ArrayList<>(pattern.matcher(header).results().toList());
        if (matches.isEmpty()) {
            return file;
        }
        MatchResult match = matches.get(random.nextInt(matches.size()));
        byte[] changed = (header.substring(0, match.start()) + replacement + header.substring(match.end()))
                .getBytes(StandardCharsets.ISO_8859_1);
        return ByteBuffer.allocate(Long.BYTES + changed.length + file.length - headerEnd)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(changed.length)
                .put(changed)
                .put(file, headerEnd, file.length - headerEnd)
                .array();
    }

    private static int headerEnd(byte[] file) {
        if (file.length < Long.BYTES) {
            return -1;
        }
        long length = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getLong();
        return length < 0 || length > file.length - Long.BYTES ? -1 : (int) length + Long.BYTES;
    }
}
