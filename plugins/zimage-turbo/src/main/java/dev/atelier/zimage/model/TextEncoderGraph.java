package dev.atelier.zimage.model;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.atelier.zimage.checkpoint.Checkpoint;
import dev.atelier.zimage.onnx.Attributes;
import dev.atelier.zimage.onnx.GraphBuilder;
import dev.atelier.zimage.onnx.OnnxModel;
import dev.atelier.zimage.onnx.Operators;
import dev.atelier.zimage.onnx.RotaryTable;
import dev.atelier.zimage.onnx.Value;
import java.util.List;

/**
 * The Qwen3 decoder up to its last layer but one. Ported from transformers' {@code Qwen3Model} (modeling_qwen3.py,
 * 5.17); the last layer and the final norm are left out because the features are {@code hidden_states[-2]}.
 *
 * <p>Inputs: {@code token_ids [tokens]}; {@code cos} and {@code sin [tokens, headDim / 2]}. Output:
 * {@code caption_features [tokens, hidden]}, float32.
 */
final class TextEncoderGraph {
    private final TextEncoderConfig config;
    private final Checkpoint checkpoint;
    private final DataType compute;
    private final GraphBuilder graph;
    private final Operators ops;
    private final String prefix;

    private TextEncoderGraph(Checkpoint checkpoint, TextEncoderConfig config, DataType compute) {
        this.config = config;
        this.checkpoint = checkpoint;
        this.compute = compute;
        this.graph = new GraphBuilder("text_encoder", checkpoint.root());
        this.ops = new Operators(graph);
        this.prefix = checkpoint.has("embed_tokens.weight") ? "" : "model.";
    }

    /** Builds the model. */
    static OnnxModel build(Checkpoint checkpoint, TextEncoderConfig config, DataType compute) {
        TextEncoderGraph encoder = new TextEncoderGraph(checkpoint, config, compute);
        encoder.author();
        return encoder.graph.build();
    }

    private void author() {
        Value ids = graph.input("token_ids", DataType.INT64, "tokens");
        long half = config.headDim() / 2;
        RotaryTable table = new RotaryTable(
                graph.input("cos", DataType.FLOAT, "tokens", half),
                graph.input("sin", DataType.FLOAT, "tokens", half),
                config.headDim());
        // gathered before it is converted: the table has hundreds of thousands of rows, a prompt a few dozen
        Value embedding = graph.weight(
                checkpoint.expectShape(prefix + "embed_tokens.weight", config.vocabulary(), config.hidden()));
        Value x = graph.cast(ops.gatherRows(embedding, ids), compute);
        for (int i = 0; i < config.usedLayers(); i++) {
            x = layer(prefix + "layers." + i + ".", x, table);
        }
        graph.output("caption_features", graph.cast(x, DataType.FLOAT));
    }

    private Value layer(String name, Value x, RotaryTable table) {
        Value normed = ops.rmsNorm(x, tensor(name + "input_layernorm.weight", config.hidden()), config.normEps());
        Value attended = attention(name + "self_attn.", normed, table);
        List<Value> both = ops.addAndRmsNorm(
                attended, x, tensor(name + "post_attention_layernorm.weight", config.hidden()), config.normEps());
        return ops.add(both.get(1), mlp(name + "mlp.", both.get(0)));
    }

    private Value attention(String name, Value x, RotaryTable table) {
        int heads = config.heads();
        int keyValueHeads = config.keyValueHeads();
        Value q = headNorm(name + "q_norm", linear(name + "q_proj", x, config.queryFeatures(), config.hidden()));
        Value k = headNorm(name + "k_norm", linear(name + "k_proj", x, config.keyValueFeatures(), config.hidden()));
        Value v = linear(name + "v_proj", x, config.keyValueFeatures(), config.hidden());
        Value attended = ops.attention(
                ops.rotate(q, table, false, heads),
                repeatHeads(ops.rotate(k, table, false, keyValueHeads)),
                repeatHeads(v),
                heads,
                true);
        return linear(name + "o_proj", attended, config.hidden(), config.queryFeatures());
    }

    private Value repeatHeads(Value x) {
        int repeats = config.heads() / config.keyValueHeads();
        if (repeats == 1) {
            return x;
        }
        Value apart = ops.reshape(x, -1, config.keyValueHeads(), 1, config.headDim());
        Value wide = graph.node("Expand", "", x.type(), Attributes.none(), apart, graph.integers(1, 1, repeats, 1));
        return ops.reshape(wide, -1, config.queryFeatures());
    }

    private Value headNorm(String name, Value x) {
        Value heads = ops.reshape(x, 0, -1, config.headDim());
        Value normed = ops.rmsNorm(heads, tensor(name + ".weight", config.headDim()), config.normEps());
        return ops.reshape(normed, 0, -1);
    }

    private Value mlp(String name, Value x) {
        Value gate = ops.silu(linear(name + "gate_proj", x, config.intermediate(), config.hidden()));
        Value up = linear(name + "up_proj", x, config.intermediate(), config.hidden());
        return linear(name + "down_proj", ops.multiply(gate, up), config.hidden(), config.intermediate());
    }

    private Value linear(String name, Value x, long out, long in) {
        return ops.linear(x, tensor(name + ".weight", out, in));
    }

    private Value tensor(String name, long... shape) {
        return graph.weight(checkpoint.expectShape(name, shape), compute);
    }
}
