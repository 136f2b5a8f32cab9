package dev.atelier.zimage.adapter;

import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Optional;

/**
 * Several adapters, each with its strength, as one change. Immutable.
 *
 * <p>Low-rank changes stand side by side in one pair of tensors that the linears of a group share, whose rank is for
 * each adapter the largest that it has in the group. What a linear does not use of it is zero, and adds nothing,
 * exactly.
 */
public final class AdapterStack {
    /**
     * An adapter in use.
     *
     * @param name what messages call its file
     * @param adapter the adapter
     * @param multiplier its strength; 0 leaves it out
     */
    public record Entry(String name, Adapter adapter, double multiplier) {}

    /**
     * What a stack does, as far as it can be told from another by it: equal contents draw equal pictures.
     *
     * @param uses in their order, without adapters that are off
     */
    public record Content(List<Use> uses) {
        /**
         * An adapter in use.
         *
         * @param sha256 of its file
         * @param multiplier its strength
         */
        public record Use(String sha256, double multiplier) {}
    }

    /** Nothing. */
    public static final AdapterStack NONE = new AdapterStack(List.of());

    private final List<Entry> entries;

    /** Stacks adapters in their order. */
    public AdapterStack(List<Entry> entries) {
        this.entries = entries.stream().filter(entry -> entry.multiplier() != 0).toList();
    }

    /** Returns what tells it from other stacks. */
    public Content content() {
        return new Content(entries.stream()
                .map(entry -> new Content.Use(entry.adapter().sha256(), entry.multiplier()))
                .toList());
    }

    /** Says whether it changes nothing. */
    public boolean isEmpty() {
        return entries.isEmpty();
    }

    /**
     * Returns the part of it that can be added to the weights: all but DoRA, and but what changes a weight whose
     * outputs a DoRA of the stack scales, since it would be scaled, too, once it is part of the weight.
     */
    public AdapterStack mergeable() {
        return new AdapterStack(entries.stream().filter(this::isMergeable).toList());
    }

    /** Returns the part of it that is {@linkplain #mergeable() not to be added} to the weights. */
    public AdapterStack unmergeable() {
        return new AdapterStack(
                entries.stream().filter(entry -> !isMergeable(entry)).toList());
    }

    private boolean isMergeable(Entry entry) {
        Adapter adapter = entry.adapter();
        return !adapter.isNormed() && entries.stream().map(Entry::adapter).noneMatch(adapter::isScaledBy);
    }

    /** Adds to rows of a weight, {@code [count, in]}, what the adapters change. */
    void addRows(Target target, int from, int count, float[] rows) {
        for (Applied applied : linear(target).applied()) {
            applied.addRows(target, from, count, rows);
        }
    }

    /** Says whether a weight is changed. */
    boolean changesWeight(Target target) {
        return linear(target).applied().stream()
                .anyMatch(applied -> applied.change().delta() != null);
    }

    /** Says whether a linear's bias is changed. */
    boolean changesBias(Target target) {
        return linear(target).applied().stream()
                .anyMatch(applied -> applied.change().bias() != null);
    }

    /** Says whether low-rank pairs and bias differences express all of it; else linears need further tensors. */
    public boolean isPlain() {
        return entries.stream().allMatch(entry -> entry.adapter().isPlain());
    }

    /**
     * Checks that the dense differences that some forms need fit in memory, before any is made.
     *
     * @param most their bytes together
     * @throws PipelineException {@link ErrorCode#LORA_INVALID} naming the bytes needed
     */
    public void checkDense(List<TargetGroup> groups, long most) {
        long bytes = groups.stream()
                .flatMap(group -> group.targets().stream())
                .mapToLong(target -> linear(target).denseBytes())
                .sum();
        if (bytes > most) {
            throw new PipelineException(
                    ErrorCode.LORA_INVALID,
                    "the adapters change weights in ways that neither low-rank pairs nor Kronecker products of one shape express;"
                            + " as whole differences they must fit in " + most + " bytes but need " + bytes);
        }
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
        return new GroupTensors((int) rank, a, b, bias(group));
    }

    /**
     * Returns what is added of the outputs of a group's unchanged weights, {@code [sum of out]}: their scale less 1.
     */
    public FloatBuffer gain(TargetGroup group) {
        FloatBuffer gain =
                buffer(group, 1, group.targets().stream().mapToInt(Target::out).sum());
        group.targets().forEach(target -> linear(target).writeGain(gain));
        return gain.flip();
    }

    /** Returns what the outputs of a group's Kronecker products are scaled with, {@code [sum of out]}. */
    public FloatBuffer scale(TargetGroup group) {
        FloatBuffer scale =
                buffer(group, 1, group.targets().stream().mapToInt(Target::out).sum());
        group.targets().forEach(target -> linear(target).writeScale(scale));
        return scale.flip();
    }

    /** Returns what is added to the vectors of a group, one after the other. */
    public FloatBuffer vectors(TargetGroup group) {
        FloatBuffer values =
                buffer(group, 1, group.vectors().stream().mapToInt(Target::out).sum());
        for (Target vector : group.vectors()) {
            float[] own = new float[vector.out()];
            addRows(vector, 0, vector.out(), own);
            values.put(own);
        }
        return values.flip();
    }

    /** Returns what a linear is fed besides its group's tensors. */
    public FurtherTensors further(Target target) {
        return linear(target).further();
    }

    private StackedLinear linear(Target target) {
        return new StackedLinear(
                target,
                entries.stream()
                        .flatMap(entry ->
                                entry.adapter().change(target.name()).stream().map(change -> Applied.of(change, entry)))
                        .toList());
    }

    private FloatBuffer bias(TargetGroup group) {
        List<Target> biased = group.targets().stream().filter(Target::biased).toList();
        FloatBuffer bias =
                buffer(group, 1, biased.stream().mapToInt(Target::out).sum());
        int first = 0;
        for (Target target : biased) {
            addBias(target, bias.slice(first, target.out()));
            first += target.out();
        }
        return bias;
    }

    /** Adds what the adapters change of a linear's bias, {@code [out]}. */
    void addBias(Target target, FloatBuffer bias) {
        for (Entry entry : entries) {
            Optional<Change> change = entry.adapter().change(target.name());
            float[] own = change.map(Change::bias).orElse(null);
            for (int i = 0; own != null && i < own.length; i++) {
                bias.put(i, bias.get(i) + (float) entry.multiplier() * own[i]);
            }
        }
    }

    /** Where an adapter stands: its first rank, the rank of all, and the length of a row of A. */
    private record Place(int firstRank, int rank, int in) {}

    private static int rank(Adapter adapter, List<Target> targets) {
        return targets.stream()
                .flatMap(target -> adapter.change(target.name()).stream())
                .filter(Applied::isPair)
                .mapToInt(change -> change.delta() instanceof LowRank pair ? pair.rank() : 0)
                .max()
                .orElse(0);
    }

    private static void write(Entry entry, List<Target> targets, Place place, FloatBuffer a, FloatBuffer b) {
        int firstIn = 0;
        int firstOut = 0;
        for (Target target : targets) {
            Optional<Change> change = entry.adapter().change(target.name()).filter(Applied::isPair);
            if (change.isPresent() && change.get().delta() instanceof LowRank pair) {
                writeA(pair, target.in(), place, firstIn, a);
                writeB(pair, Applied.of(change.get(), entry), place, firstOut, b);
            }
            firstIn += target.in();
            firstOut += target.out();
        }
    }

    private static void writeA(LowRank pair, int in, Place place, int firstIn, FloatBuffer a) {
        for (int row = 0; row < pair.rank(); row++) {
            a.put((place.firstRank() + row) * place.in() + firstIn, pair.a(), row * in, in);
        }
    }

    private static void writeB(LowRank pair, Applied applied, Place place, int firstOut, FloatBuffer b) {
        float strength = (float) (applied.multiplier() * pair.scale());
        float[] scales = applied.rowScales();
        float[] row = new float[pair.rank()];
        for (int out = 0; out < pair.b().length / pair.rank(); out++) {
            float factor = scales == null ? strength : strength * scales[out];
            for (int i = 0; i < row.length; i++) {
                row[i] = factor * pair.b()[out * row.length + i];
            }
            b.put((firstOut + out) * place.rank() + place.firstRank(), row, 0, row.length);
        }
    }

    private static FloatBuffer buffer(TargetGroup group, long rank, int width) {
        long bytes = rank * width * Float.BYTES;
        if (bytes > Integer.MAX_VALUE) {
            throw new PipelineException(
                    ErrorCode.LORA_INVALID,
                    "the adapters' ranks in " + group.name() + " must need at most " + Integer.MAX_VALUE
                            + " bytes but add up to " + rank + ", which needs " + bytes);
        }
        return StackedLinear.direct(rank * width);
    }
}
