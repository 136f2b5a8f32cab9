package dev.atelier.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.atelier.zimage.model.TransformerConfig;
import dev.atelier.zimage.model.ZImageModules;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;

/** Writes adapters with random weights for the linears that a trainer changes: attention, feed-forward, modulation. */
final class SyntheticAdapter {
    /** Which form to write. */
    enum Form {
        /** Low-rank pairs. */
        LORA,
        /** Low-rank pairs with lengths. */
        DORA,
        /** Kronecker products of whole factors; the rank is the left factor's side. */
        LOKR
    }

    private static final float SPREAD = 0.02f;

    private final Map<String, int[]> tensors = new LinkedHashMap<>();

    private SyntheticAdapter() {}

    /**
     * Writes an adapter in bfloat16.
     *
     * @param transformer the folder of the model's transformer
     */
    static Path write(Path file, Path transformer, Form form, int rank, long seed) throws IOException {
        SyntheticAdapter adapter = new SyntheticAdapter();
        ZImageModules.transformer(TransformerConfig.open(transformer)).stream()
                .filter(group -> group.name().startsWith("layers."))
                .flatMap(group -> group.targets().stream())
                .forEach(target ->
                        adapter.add("diffusion_model." + target.name(), target.out(), target.in(), form, rank));
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file), 1 << 20)) {
            adapter.write(out, new SplittableRandom(seed));
        }
        return file;
    }

    private void add(String module, int out, int in, Form form, int rank) {
        if (form == Form.LOKR) {
            int rows = divisor(out, rank);
            int columns = divisor(in, rank);
            tensors.put(module + ".lokr_w1", new int[] {rows, columns});
            tensors.put(module + ".lokr_w2", new int[] {out / rows, in / columns});
            return;
        }
        tensors.put(module + ".lora_A.weight", new int[] {rank, in});
        tensors.put(module + ".lora_B.weight", new int[] {out, rank});
        if (form == Form.DORA) {
            tensors.put(module + ".magnitude", new int[] {out});
        }
    }

    private static int divisor(int length, int most) {
        int divisor = most;
        while (length % divisor != 0) {
            divisor--;
        }
        return divisor;
    }

    private void write(OutputStream out, SplittableRandom random) throws IOException {
        ObjectNode header = new ObjectMapper().createObjectNode();
        long end = 0;
        for (Map.Entry<String, int[]> tensor : tensors.entrySet()) {
            ObjectNode entry = header.putObject(tensor.getKey()).put("dtype", "BF16");
            for (int side : tensor.getValue()) {
                entry.withArray("/shape").add(side);
            }
            long begin = end;
            end += (long) Short.BYTES * elements(tensor.getValue());
            entry.withArray("/data_offsets").add(begin).add(end);
        }
        byte[] text = header.toString().getBytes(StandardCharsets.UTF_8);
        out.write(ByteBuffer.allocate(Long.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(text.length)
                .array());
        out.write(text);
        for (long i = 0; i < end / Short.BYTES; i++) {
            int bits = Float.floatToRawIntBits((float) (random.nextDouble() * 2 - 1) * SPREAD) >>> Short.SIZE;
            out.write(bits);
            out.write(bits >>> Byte.SIZE);
        }
    }

    private static int elements(int[] shape) {
        int elements = 1;
        for (int side : shape) {
            elements *= side;
        }
        return elements;
    }
}
