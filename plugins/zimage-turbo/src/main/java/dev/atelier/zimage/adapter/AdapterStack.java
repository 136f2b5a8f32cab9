package dev.atelier.zimage.adapter;

import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Optional;

/**
 * Several adapters, each with its strength, as one low-rank change: their ranks stand side by side. Immutable.
 *
 * <p>The linears of a group share one pair of tensors, whose rank is for each adapter the largest that it has in the
 * group. What a linear does not use of it is zero, and adds nothing, exactly.
 */
public final class AdapterStack {
    /**
     * An adapter in use.
     *
     * @param adapter the adapter
     * @param multiplier its strength; 0 leaves it out
     */
    public record Entry(Adapter adapter, double multiplier) {}

    private final List<Entry> entries;

    /** Stacks adapters in their order. */
    public AdapterStack(List<Entry> entries) {
        this.entries = entries.stream().filter(entry -> entry.multiplier() != 0).toList();
    }

    /**
     * Returns what a group is fed.
     *
     * @throws PipelineException {@link ErrorCode#LORA_INVALID} when the ranks add up to more than a buffer holds
     */
    public GroupTensors tensors(TargetGroup group) {
        List<Target> targets = group.targets();
        int in = targets.stream().mapToInt(Target::in).sum();
        int out = targets.stream().mapToInt(Target::out).sum();
        int biased =
                targets.stream().filter(Target::biased).mapToInt(Target::out).sum();
        int[] ranks = entries.stream()
                .mapToInt(entry -> rank(entry.adapter(), targets))
                .toArray();
        long rank = 0;
        for (int one : ranks) {
            rank += one;
        }
        FloatBuffer a = buffer(group, rank, in);
        FloatBuffer b = buffer(group, rank, out);
        int from = 0;
        for (int i = 0; i < ranks.length; i++) {
            if (ranks[i] > 0) {
                write(entries.get(i), targets, new Place(from, (int) rank, in), a, b);
                from += ranks[i];
            }
        }
        return new GroupTensors((int) rank, a, b, buffer(group, 1, biased));
    }

    /** Where an adapter stands: its first rank, the rank of all, and the length of a row of A. */
    private record Place(int firstRank, int rank, int in) {}

    private static int rank(Adapter adapter, List<Target> targets) {
        return targets.stream()
                .flatMap(target -> adapter.change(target.name()).stream())
                .mapToInt(LowRank::rank)
                .max()
                .orElse(0);
    }

    private static void write(Entry entry, List<Target> targets, Place place, FloatBuffer a, FloatBuffer b) {
        int firstIn = 0;
        int firstOut = 0;
        for (Target target : targets) {
            Optional<LowRank> change = entry.adapter().change(target.name());
            if (change.isPresent()) {
                writeA(change.get(), target.in(), place, firstIn, a);
                float strength = (float) (entry.multiplier() * change.get().scale());
                writeB(change.get(), strength, place, firstOut, b);
            }
            firstIn += target.in();
            firstOut += target.out();
        }
    }

    private static void writeA(LowRank change, int in, Place place, int firstIn, FloatBuffer a) {
        for (int row = 0; row < change.rank(); row++) {
            a.put((place.firstRank() + row) * place.in() + firstIn, change.a(), row * in, in);
        }
    }

    private static void writeB(LowRank change, float strength, Place place, int firstOut, FloatBuffer b) {
        float[] row = new float[change.rank()];
        for (int out = 0; out < change.b().length / change.rank(); out++) {
            for (int i = 0; i < row.length; i++) {
                row[i] = strength * change.b()[out * row.length + i];
            }
            b.put((firstOut + out) * place.rank() + place.firstRank(), row, 0, row.length);
        }
    }

    /** Direct memory is zero at first. */
    private static FloatBuffer buffer(TargetGroup group, long rank, int width) {
        long bytes = rank * width * Float.BYTES;
        if (bytes > Integer.MAX_VALUE) {
            throw new PipelineException(
                    ErrorCode.LORA_INVALID,
                    "the adapters' ranks in " + group.name() + " must need at most " + Integer.MAX_VALUE
                            + " bytes but add up to " + rank + ", which needs " + bytes);
        }
        return ByteBuffer.allocateDirect((int) bytes)
                .order(ByteOrder.nativeOrder())
                .asFloatBuffer();
    }
}
