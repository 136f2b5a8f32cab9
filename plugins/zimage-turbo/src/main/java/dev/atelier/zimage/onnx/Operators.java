package dev.atelier.zimage.onnx;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * The few operators that the graphs use, as calls. Activations of transformers are {@code [tokens, features]}.
 *
 * <p>SiLU and rotation are done in float32 whatever the compute type: ONNX Runtime's bfloat16 sigmoid is visibly wrong,
 * and it rotates in the type of its input.
 */
public final class Operators {
    private static final String MICROSOFT = GraphBuilder.MICROSOFT;

    private final GraphBuilder graph;

    /** Wraps a graph under construction. */
    public Operators(GraphBuilder graph) {
        this.graph = graph;
    }

    /** Returns the graph. */
    public GraphBuilder graph() {
        return graph;
    }

    /** Returns a + b, broadcast. */
    public Value add(Value a, Value b) {
        return graph.node("Add", "", a.type(), Attributes.none(), a, b);
    }

    /** Returns a * b, broadcast. */
    public Value multiply(Value a, Value b) {
        return graph.node("Mul", "", a.type(), Attributes.none(), a, b);
    }

    /** Returns tanh(x). */
    public Value tanh(Value x) {
        return graph.node("Tanh", "", x.type(), Attributes.none(), x);
    }

    /** Returns x * sigmoid(x), computed in float32. */
    public Value silu(Value x) {
        Value wide = graph.cast(x, DataType.FLOAT);
        Value y = graph.node(
                "QuickGelu", MICROSOFT, DataType.FLOAT, Attributes.none().number("alpha", 1), wide);
        return graph.cast(y, x.type());
    }

    /** Returns x weight^T for x {@code [n, in]} and weight {@code [out, in]}. */
    public Value linear(Value x, Value weight) {
        return graph.node("Gemm", "", x.type(), Attributes.none().integer("transB", 1), x, weight);
    }

    /**
     * Returns x weight^T + c for x {@code [n, in]}, weight {@code [out, in]} and c {@code [out]} or {@code [n, out]}.
     */
    public Value linear(Value x, Value weight, Value c) {
        return graph.node("Gemm", "", x.type(), Attributes.none().integer("transB", 1), x, weight, c);
    }

    /** Returns x * rsqrt(mean(x^2) + eps) * scale over the last axis, the mean in float32. */
    public Value rmsNorm(Value x, Value scale, float eps) {
        Attributes attributes =
                Attributes.none().integer("axis", -1).number("epsilon", eps).integer("stash_type", 1);
        return graph.node("SimplifiedLayerNormalization", "", x.type(), attributes, x, scale);
    }

    /** Returns the RMS norm of x + skip, then x + skip itself. */
    public List<Value> addAndRmsNorm(Value x, Value skip, Value scale, float eps) {
        Attributes attributes = Attributes.none().number("epsilon", eps);
        boolean[] used = {true, false, false, true};
        List<Value> outputs = new ArrayList<>();
        graph.nodes("SkipSimplifiedLayerNormalization", MICROSOFT, x.type(), attributes, used, x, skip, scale)
                .forEach(value -> {
                    if (value != null) {
                        outputs.add(value);
                    }
                });
        return outputs;
    }

    /** Returns (x - mean) * rsqrt(variance + eps) * scale over the last axis. */
    public Value layerNorm(Value x, Value scale, float eps) {
        Attributes attributes = Attributes.none().integer("axis", -1).number("epsilon", eps);
        return graph.node("LayerNormalization", "", x.type(), attributes, x, scale);
    }

    /** Cuts an axis into parts of the given lengths. */
    public List<Value> split(Value x, int axis, long... lengths) {
        boolean[] used = new boolean[lengths.length];
        java.util.Arrays.fill(used, true);
        return graph
                .nodes("Split", "", x.type(), Attributes.none().integer("axis", axis), used, x, graph.integers(lengths))
                .stream()
                .map(Objects::requireNonNull)
                .toList();
    }

    /** Joins values along an axis. */
    public Value concat(int axis, Value... values) {
        return graph.node("Concat", "", values[0].type(), Attributes.none().integer("axis", axis), values);
    }

    /** Returns x with another shape; 0 keeps a length, -1 takes what is left. */
    public Value reshape(Value x, long... shape) {
        return reshape(x, graph.integers(shape));
    }

    /** Returns x with a shape known only when run. */
    public Value reshape(Value x, Value shape) {
        return graph.node("Reshape", "", x.type(), Attributes.none(), x, shape);
    }

    /** Returns the shape of x from the first axis on, up to the end or to the axis given. */
    public Value shape(Value x, int start, int end) {
        Attributes attributes = Attributes.none().integer("start", start).integer("end", end);
        return graph.node("Shape", "", DataType.INT64, attributes, x);
    }

    /** Says whether x, of any number of axes, has elements along its first. */
    public Value hasRows(Value x) {
        return graph.node("Greater", "", DataType.BOOL, Attributes.none(), shape(x, 0, 1), graph.integers(0));
    }

    /**
     * Returns the sum of kron(a, b) over pairs of factors, applied to the rows of x, without forming the products: with
     * a row of x as a matrix {@code [in1, in2]}, each is a X b^T, as a row again. The pairs are of one shape and stand
     * beside each other, so that the second multiplication sums over them.
     *
     * @param x {@code [n, in1 * in2]}
     * @param a {@code [out1, pairs * in1]}
     * @param b {@code [pairs * out2, in2]}
     * @param out out1 * out2
     */
    public Value kronecker(Value x, Value a, Value b, long out) {
        Value out2 = graph.node("Div", "", DataType.INT64, Attributes.none(), graph.integers(out), shape(a, 0, 1));
        Value matrices = reshape(x, concat(0, graph.integers(0, -1), shape(b, 1, 2)));
        Value right = graph.node("MatMul", "", x.type(), Attributes.none(), matrices, transpose(b, 1, 0));
        Value byPair = transpose(reshape(right, concat(0, graph.integers(0, 0, -1), out2)), 0, 2, 1, 3);
        Value stacked = reshape(byPair, concat(0, graph.integers(0, -1), out2));
        Value sum = graph.node("MatMul", "", x.type(), Attributes.none(), a, stacked);
        return graph.node("Flatten", "", x.type(), Attributes.none().integer("axis", 1), sum);
    }

    /** Returns x with its axes in another order. */
    public Value transpose(Value x, long... order) {
        return graph.node("Transpose", "", x.type(), Attributes.none().integers("perm", order), x);
    }

    /** Returns the rows of x {@code [n, features]} that the indices name. */
    public Value gatherRows(Value x, Value indices) {
        return graph.node("Gather", "", x.type(), Attributes.none().integer("axis", 0), x, indices);
    }

    /** Returns the first rows of x, as many as {@code count [1]} says. */
    public Value firstRows(Value x, Value count) {
        return graph.node("Slice", "", x.type(), Attributes.none(), x, graph.integers(0), count, graph.integers(0));
    }

    /**
     * Rotates pairs of features by position.
     *
     * @param x {@code [tokens, heads * headDim]}
     * @param table cosines and sines, {@code [tokens, headDim / 2]} each, float32
     * @param interleaved pairs are neighbours; else element i goes with element i + headDim / 2
     */
    public Value rotate(Value x, RotaryTable table, boolean interleaved, int heads) {
        Value wide = graph.cast(x, DataType.FLOAT);
        long features = (long) heads * table.headDim();
        Value sequence = reshape(wide, 1, -1, features);
        Attributes attributes =
                Attributes.none().integer("interleaved", interleaved ? 1 : 0).integer("num_heads", heads);
        Value rotated = graph.node(
                "RotaryEmbedding",
                MICROSOFT,
                DataType.FLOAT,
                attributes,
                sequence,
                graph.integers(0),
                table.cos(),
                table.sin());
        return graph.cast(reshape(rotated, -1, features), x.type());
    }

    /**
     * Attends with softmax(q k^T / sqrt(headDim)) v, per head.
     *
     * @param q {@code [tokens, heads * headDim]}; k and v likewise
     * @param causal a token sees itself and earlier ones only
     */
    public Value attention(Value q, Value k, Value v, int heads, boolean causal) {
        Value[] sequences = new Value[3];
        Value[] rows = {q, k, v};
        for (int i = 0; i < 3; i++) {
            sequences[i] = graph.node("Unsqueeze", "", q.type(), Attributes.none(), rows[i], graph.integers(0));
        }
        Attributes attributes = Attributes.none().integer("num_heads", heads).integer("unidirectional", causal ? 1 : 0);
        Value y = graph.node("MultiHeadAttention", MICROSOFT, q.type(), attributes, sequences);
        return graph.node("Squeeze", "", q.type(), Attributes.none(), y, graph.integers(0));
    }

    /**
     * Convolves.
     *
     * @param x {@code [1, in, height, width]}
     * @param weight {@code [out, in, kernel, kernel]}
     * @param padding zeros on every side
     */
    public Value convolve(Value x, Value weight, Value bias, int padding) {
        Attributes attributes = Attributes.none().integers("pads", padding, padding, padding, padding);
        return graph.node("Conv", "", x.type(), attributes, x, weight, bias);
    }

    /** Returns x {@code [1, channels, height, width]} with every pixel doubled on both sides. */
    public Value doubled(Value x) {
        Attributes attributes = Attributes.none()
                .text("mode", "nearest")
                .text("coordinate_transformation_mode", "asymmetric")
                .text("nearest_mode", "floor");
        return graph.resize(x, attributes, 1, 1, 2, 2);
    }
}
