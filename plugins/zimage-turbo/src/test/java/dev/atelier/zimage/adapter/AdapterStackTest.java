package dev.atelier.zimage.adapter;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.zimage.AdapterFiles;
import dev.atelier.zimage.adapter.AdapterStack.Entry;
import dev.atelier.zimage.checkpoint.SafetensorsWriter;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The oracle is the definition, in double precision: {@code y = sum of multiplier * alpha / rank * B (A x)}. */
class AdapterStackTest {
    private static final TargetGroup GROUP = new TargetGroup(
            "block",
            List.of(
                    new Target("q", 5, 7, false),
                    new Target("k", 3, 7, true),
                    new Target("up", 11, 2, false),
                    new Target("out", 4, 9, true)));

    /** One module of one adapter as it is written to the file. */
    @SuppressWarnings("ArrayRecordComponent") // compared by nobody
    private record Written(int rank, float[] a, float[] b, float alpha) {}

    @TempDir
    private Path folder;

    private final List<Map<String, Written>> written = new ArrayList<>();
    private final List<Adapter> adapters = new ArrayList<>();

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8})
    void everyLinearOfAGroupGetsTheSumOfItsAdapters(int seed) {
        Random random = new Random(seed);
        List<Entry> entries = new ArrayList<>();
        for (int i = 0; i < 1 + seed % 3; i++) {
            entries.add(new Entry("test", adapter(random, 0.7), random.nextInt(9) / 2.0 - 2));
        }
        GroupTensors tensors = new AdapterStack(entries).tensors(GROUP);
        assertEquals(expectedRank(entries), tensors.rank());
        for (Target target : GROUP.targets()) {
            float[] x = randomFloats(random, target.in());
            double[] expected = new double[target.out()];
            for (int i = 0; i < entries.size(); i++) {
                addDirectly(
                        expected,
                        written.get(i).get(target.name()),
                        entries.get(i).multiplier(),
                        x);
            }
            assertArrayEquals(expected, throughTensors(tensors, target, x), 1e-5, target.name());
        }
    }

    @Test
    void aLinearThatNoAdapterTouchesGetsExactlyNothing() {
        Random random = new Random(42);
        Adapter adapter = adapter(random, Map.of("q", 3));
        GroupTensors tensors = new AdapterStack(List.of(new Entry("test", adapter, 1.5))).tensors(GROUP);
        assertEquals(3, tensors.rank());
        for (String name : List.of("k", "up", "out")) {
            Target target = target(name);
            float[] x = randomFloats(random, target.in());
            assertArrayEquals(new double[target.out()], throughTensors(tensors, target, x), 0);
        }
    }

    @Test
    void whatAGroupsLargestRankAddsToASmallerOneIsZero() {
        Adapter adapter = adapter(new Random(1), Map.of("q", 1, "k", 4));
        GroupTensors tensors = new AdapterStack(List.of(new Entry("test", adapter, 1))).tensors(GROUP);
        assertEquals(4, tensors.rank());
        for (int row = 1; row < 4; row++) {
            for (int column = 0; column < target("q").in(); column++) {
                assertEquals(0f, tensors.a().get(row * sumOfIn() + column));
            }
        }
    }

    @Test
    void anAdapterAtMultiplierZeroLeavesNoTrace() {
        Random random = new Random(3);
        Adapter one = adapter(random, 1);
        Adapter other = adapter(random, 1);
        GroupTensors alone = new AdapterStack(List.of(new Entry("test", one, -0.5))).tensors(GROUP);
        GroupTensors both = new AdapterStack(List.of(
                        new Entry("test", other, 0), new Entry("test", one, -0.5), new Entry("test", other, -0.0)))
                .tensors(GROUP);
        assertEquals(alone.rank(), both.rank());
        assertEquals(alone.a(), both.a());
        assertEquals(alone.b(), both.b());
    }

    @Test
    void noAdaptersMeanRankZeroAndABiasOfZeros() {
        GroupTensors tensors = new AdapterStack(List.of()).tensors(GROUP);
        assertEquals(0, tensors.rank());
        assertEquals(0, tensors.a().capacity());
        assertEquals(0, tensors.b().capacity());
        assertEquals(FloatBuffer.allocate(3 + 4), tensors.bias());
    }

    @Test
    void buffersAreDirectNativeAndAtTheirStart() {
        Adapter adapter = adapter(new Random(5), 1);
        GroupTensors tensors = new AdapterStack(List.of(new Entry("test", adapter, 1))).tensors(GROUP);
        for (FloatBuffer buffer : List.of(tensors.a(), tensors.b(), tensors.bias())) {
            assertTrue(buffer.isDirect());
            assertEquals(ByteOrder.nativeOrder(), buffer.order());
            assertEquals(0, buffer.position());
            assertEquals(buffer.capacity(), buffer.limit());
        }
        assertEquals(tensors.rank() * sumOfIn(), tensors.a().capacity());
        assertEquals(tensors.rank() * (5 + 3 + 11 + 4), tensors.b().capacity());
    }

    private Adapter adapter(Random random, double share) {
        Map<String, Integer> ranks = new HashMap<>();
        for (Target target : GROUP.targets()) {
            if (random.nextDouble() < share) {
                ranks.put(target.name(), 1 + random.nextInt(4));
            }
        }
        if (ranks.isEmpty()) {
            ranks.put("up", 2);
        }
        return adapter(random, ranks);
    }

    private Adapter adapter(Random random, Map<String, Integer> ranks) {
        SafetensorsWriter writer = new SafetensorsWriter();
        Map<String, Written> modules = new HashMap<>();
        ranks.forEach((name, rank) -> {
            Target target = target(name);
            Written module = new Written(
                    rank,
                    randomFloats(random, rank * target.in()),
                    randomFloats(random, target.out() * rank),
                    1 + random.nextInt(8));
            writer.floats(name + ".lora_A.weight", module.a(), rank, target.in());
            writer.floats(name + ".lora_B.weight", module.b(), target.out(), rank);
            writer.floats(name + ".alpha", new float[] {module.alpha()});
            modules.put(name, module);
        });
        Path file = writer.write(folder.resolve(adapters.size() + ".safetensors"));
        Adapter adapter = SmallModel.read(
                new AdapterReader(
                        AdapterModel.ofKnownSize("model", 0, GROUP.targets(), Spellings.NONE), SmallModel::ones),
                AdapterFiles.of("test", file, 1));
        written.add(modules);
        adapters.add(adapter);
        return adapter;
    }

    private int expectedRank(List<Entry> entries) {
        int rank = 0;
        for (int i = 0; i < entries.size(); i++) {
            rank += entries.get(i).multiplier() == 0
                    ? 0
                    : written.get(i).values().stream()
                            .mapToInt(Written::rank)
                            .max()
                            .orElseThrow();
        }
        return rank;
    }

    private static void addDirectly(double[] y, @Nullable Written module, double multiplier, float[] x) {
        if (module == null) {
            return;
        }
        for (int r = 0; r < module.rank(); r++) {
            double inner = 0;
            for (int i = 0; i < x.length; i++) {
                inner += (double) module.a()[r * x.length + i] * x[i];
            }
            for (int o = 0; o < y.length; o++) {
                y[o] += multiplier * module.alpha() / module.rank() * module.b()[o * module.rank() + r] * inner;
            }
        }
    }

    /** What the graph computes: it cuts the target's columns out of A and its rows out of B. */
    private static double[] throughTensors(GroupTensors tensors, Target target, float[] x) {
        int firstIn = 0;
        int firstOut = 0;
        for (Target before : GROUP.targets().subList(0, GROUP.targets().indexOf(target))) {
            firstIn += before.in();
            firstOut += before.out();
        }
        double[] y = new double[target.out()];
        for (int r = 0; r < tensors.rank(); r++) {
            double inner = 0;
            for (int i = 0; i < x.length; i++) {
                inner += (double) tensors.a().get(r * sumOfIn() + firstIn + i) * x[i];
            }
            for (int o = 0; o < y.length; o++) {
                y[o] += tensors.b().get((firstOut + o) * tensors.rank() + r) * inner;
            }
        }
        return y;
    }

    private static Target target(String name) {
        return GROUP.targets().stream()
                .filter(target -> target.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private static int sumOfIn() {
        return GROUP.targets().stream().mapToInt(Target::in).sum();
    }

    private static float[] randomFloats(Random random, int count) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }
}
