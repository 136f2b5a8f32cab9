package dev.atelier.zimage.model;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnxruntime.OrtSession;
import dev.atelier.plugin.Cancellation;
import dev.atelier.plugin.Device;
import dev.atelier.zimage.AdapterFiles;
import dev.atelier.zimage.adapter.AdapterModel;
import dev.atelier.zimage.adapter.AdapterReader;
import dev.atelier.zimage.adapter.AdapterStack;
import dev.atelier.zimage.adapter.CheckpointWeights;
import dev.atelier.zimage.adapter.Spellings;
import dev.atelier.zimage.adapter.Target;
import dev.atelier.zimage.adapter.TargetGroup;
import dev.atelier.zimage.checkpoint.Checkpoint;
import dev.atelier.zimage.checkpoint.SafetensorsWriter;
import dev.atelier.zimage.onnx.GraphBuilder;
import dev.atelier.zimage.onnx.OnnxModel;
import dev.atelier.zimage.onnx.Operators;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * One linear with stacks of every form, as the runtime computes it. The oracle is the definition in double precision:
 * each adapter adds to W x what it alone would change of it.
 */
class AdaptedLinearsTest {
    private static final int OUT = 12;
    private static final int IN = 8;
    private static final int TOKENS = 3;
    private static final Target TARGET = new Target("m", OUT, IN, true);
    private static final TargetGroup GROUP = new TargetGroup("group", List.of(TARGET));

    @TempDir
    private Path folder;

    private final Random random = new Random(11);
    private final float[] weight = floats(OUT * IN);
    private final float[] bias = floats(OUT);
    private final float[] x = floats(TOKENS * IN);
    private final List<AdapterStack.Entry> entries = new ArrayList<>();
    private final double[] expected = new double[TOKENS * OUT];
    private Checkpoint checkpoint;
    private AdapterReader reader;

    @BeforeEach
    void open() throws IOException {
        Path base = Files.createDirectory(folder.resolve("base"));
        new SafetensorsWriter()
                .floats("m.weight", weight, OUT, IN)
                .floats("m.bias", bias, OUT)
                .write(base.resolve("diffusion_pytorch_model.safetensors"));
        checkpoint = Checkpoint.open(base);
        reader = new AdapterReader(
                AdapterModel.ofKnownSize("model", 0, List.of(TARGET), Spellings.NONE),
                new CheckpointWeights(checkpoint, false));
        for (int i = 0; i < expected.length; i++) {
            expected[i] = bias[i % OUT];
        }
        add(doubles(weight), 1);
    }

    /** The bytes are those of the whole differences that the stack needs. */
    @ParameterizedTest
    @CsvSource({
        "lora,0",
        "dora,0",
        "lora dora,0",
        "lokr,0",
        "lokr lokr,0",
        "lokr lokr lokr,0",
        "lokr dora lokr lora,0",
        "normed,0",
        "normed dora,0",
        "diff,384",
        "lokr diff,384",
        "lokr other,384",
        "lokr other lokr,384",
        "normed normed,384",
        "lokr normed,384",
        "normed lokr lora,384",
    })
    void addsWhatEachAdapterAloneWouldChange(String forms, long denseBytes) {
        for (String form : forms.split(" ")) {
            adapt(form, 0.25 + entries.size());
        }
        AdapterStack stack = new AdapterStack(entries);
        stack.checkDense(List.of(GROUP), denseBytes);
        float[] computed = run(stack);
        for (int i = 0; i < computed.length; i++) {
            assertEquals(expected[i], computed[i], 2e-5 * Math.max(1, Math.abs(expected[i])), forms + " at " + i);
        }
    }

    private void adapt(String form, double multiplier) {
        SafetensorsWriter writer = new SafetensorsWriter();
        float[] magnitude = positive();
        double[] delta =
                switch (form) {
                    case "lora", "dora" -> pair(writer);
                    case "lokr", "normed" -> product(writer, 3, 2);
                    case "other" -> product(writer, 2, 4);
                    default -> difference(writer);
                };
        boolean normed = form.equals("dora") || form.equals("normed");
        if (normed) {
            writer.floats("m.magnitude", magnitude, OUT);
        }
        Path file = writer.write(folder.resolve(entries.size() + ".safetensors"));
        entries.add(new AdapterStack.Entry(
                form, reader.read(AdapterFiles.of(form, file, 1), bytes -> {}, Cancellation.NEVER), multiplier));
        if (normed) {
            addNormed(delta, magnitude, multiplier);
        } else {
            add(delta, multiplier);
        }
    }

    private double[] pair(SafetensorsWriter writer) {
        float[] a = floats(2 * IN);
        float[] b = floats(OUT * 2);
        writer.floats("m.lora_A.weight", a, 2, IN).floats("m.lora_B.weight", b, OUT, 2);
        double[] delta = new double[OUT * IN];
        for (int i = 0; i < delta.length; i++) {
            for (int k = 0; k < 2; k++) {
                delta[i] += (double) b[i / IN * 2 + k] * a[k * IN + i % IN];
            }
        }
        return delta;
    }

    private double[] product(SafetensorsWriter writer, int out1, int in1) {
        int out2 = OUT / out1;
        int in2 = IN / in1;
        float[] left = floats(out1 * in1);
        float[] right = floats(out2 * in2);
        writer.floats("m.lokr_w1", left, out1, in1).floats("m.lokr_w2", right, out2, in2);
        double[] delta = new double[OUT * IN];
        for (int i = 0; i < delta.length; i++) {
            int row = i / IN;
            int column = i % IN;
            delta[i] = (double) left[row / out2 * in1 + column / in2] * right[row % out2 * in2 + column % in2];
        }
        return delta;
    }

    private double[] difference(SafetensorsWriter writer) {
        float[] difference = floats(OUT * IN);
        writer.floats("m.diff", difference, OUT, IN);
        return doubles(difference);
    }

    private void add(double[] matrix, double strength) {
        for (int i = 0; i < expected.length; i++) {
            for (int k = 0; k < IN; k++) {
                expected[i] += strength * matrix[i % OUT * IN + k] * x[i / OUT * IN + k];
            }
        }
    }

    private void addNormed(double[] delta, float[] magnitude, double multiplier) {
        double[] change = new double[OUT * IN];
        for (int row = 0; row < OUT; row++) {
            double square = 0;
            for (int i = row * IN; i < (row + 1) * IN; i++) {
                change[i] = weight[i] + multiplier * delta[i];
                square += change[i] * change[i];
            }
            for (int i = row * IN; i < (row + 1) * IN; i++) {
                change[i] = magnitude[row] * change[i] / Math.sqrt(square) - weight[i];
            }
        }
        add(change, 1);
    }

    private float[] run(AdapterStack stack) {
        GraphBuilder graph = new GraphBuilder("linear", checkpoint.root());
        AdaptedLinears linears = new AdaptedLinears(
                new Operators(graph), checkpoint, DataType.FLOAT, List.of(GROUP), AdapterForms.EVERY);
        graph.output("y", linears.apply("m", graph.input("x", DataType.FLOAT, "tokens", (long) IN)));
        OnnxModel model = graph.build();
        SessionSettings settings = new SessionSettings(Device.CPU, 1, DataType.FLOAT, false);
        try (OnnxSession session = OnnxSession.open(model, settings, "linear");
                Tensors inputs = new Tensors()) {
            AdapterTensors.fill(inputs, List.of(GROUP), stack, AdapterForms.EVERY);
            inputs.floats("x", x, TOKENS, IN);
            try (OrtSession.Result result = session.run(inputs.byName(), Cancellation.NEVER)) {
                return Tensors.read(result, "y");
            }
        }
    }

    private float[] floats(int count) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }

    private float[] positive() {
        float[] values = new float[OUT];
        for (int i = 0; i < OUT; i++) {
            values[i] = 1 + random.nextFloat();
        }
        return values;
    }

    private static double[] doubles(float[] values) {
        double[] wide = new double[values.length];
        Arrays.setAll(wide, i -> values[i]);
        return wide;
    }
}
