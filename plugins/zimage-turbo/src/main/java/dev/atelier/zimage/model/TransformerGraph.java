package dev.atelier.zimage.model;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.atelier.zimage.onnx.GraphBuilder;
import dev.atelier.zimage.onnx.OnnxModel;
import dev.atelier.zimage.onnx.Operators;
import dev.atelier.zimage.onnx.RotaryTable;
import dev.atelier.zimage.onnx.Value;
import java.util.List;

/**
 * One pass of the transformer over one sequence of any size.
 *
 * <p>Inputs: {@code patches [tokens, patchDim]}; {@code image_padding [n]}, n zeros that fill the tokens up to a
 * multiple of 32; {@code context [caption, dim]} from the caption graph; {@code time [1, 256]}, the sinusoidal
 * features; {@code image_cos}, {@code image_sin [padded, headDim / 2]} and {@code caption_cos}, {@code caption_sin
 * [caption, headDim / 2]}; the adapter inputs. Output: {@code velocity [tokens, patchDim]}. All float32 outside.
 */
final class TransformerGraph {
    private static final float FINAL_EPS = 1e-6f;

    private final TransformerConfig config;
    private final DataType compute;
    private final GraphBuilder graph;
    private final Operators ops;
    private final AdaptedLinears linears;

    private TransformerGraph(TransformerWeights weights, AdapterForms forms, DataType compute) {
        this.config = weights.config();
        this.compute = compute;
        this.graph = new GraphBuilder("transformer", weights.checkpoint().root());
        this.ops = new Operators(graph);
        this.linears = new AdaptedLinears(ops, weights.checkpoint(), compute, ZImageModules.transformer(config), forms);
    }

    /** Builds the model; marks as outputs what a test asks for. */
    static OnnxModel build(TransformerWeights weights, AdapterForms forms, DataType compute, List<String> marks) {
        TransformerGraph transformer = new TransformerGraph(weights, forms, compute);
        transformer.author();
        transformer.graph.outputMarks(marks);
        return transformer.graph.build();
    }

    private void author() {
        Value patches = graph.input("patches", DataType.FLOAT, "tokens", config.patchDim());
        Value context = graph.cast(graph.input("context", DataType.FLOAT, "caption", config.dim()), compute);
        RotaryTable imageTable = table("image", "padded");
        RotaryTable captionTable = table("caption", "caption");
        Value condition = timeEmbedding();
        ZImageBlocks blocks = new ZImageBlocks(ops, config, linears);
        Value image = blocks.run("noise_refiner", config.refinerLayers(), imageTokens(patches), imageTable, condition);
        RotaryTable jointTable = new RotaryTable(
                ops.concat(0, imageTable.cos(), captionTable.cos()),
                ops.concat(0, imageTable.sin(), captionTable.sin()),
                config.headDim());
        Value joint = blocks.run("layers", config.layers(), ops.concat(0, image, context), jointTable, condition);
        Value own = ops.firstRows(joint, ops.shape(patches, 0, 1));
        graph.output("velocity", graph.cast(finalLayer(own, condition), DataType.FLOAT));
    }

    private RotaryTable table(String name, String length) {
        long half = config.headDim() / 2;
        return new RotaryTable(
                graph.input(name + "_cos", DataType.FLOAT, length, half),
                graph.input(name + "_sin", DataType.FLOAT, length, half),
                config.headDim());
    }

    private Value imageTokens(Value patches) {
        Value embedded = linears.apply(ZImageModules.IMAGE_EMBEDDER, graph.cast(patches, compute));
        graph.mark("image_embedding", embedded);
        Value padding = graph.input("image_padding", DataType.INT64, "padding");
        Value pad = ops.gatherRows(linears.vector(ZImageModules.IMAGE_PADDING), padding);
        return ops.concat(0, embedded, pad);
    }

    private Value timeEmbedding() {
        Value time = graph.input("time", DataType.FLOAT, 1, TransformerConfig.TIME_FREQUENCIES);
        Value hidden = ops.silu(linears.apply(ZImageModules.TIME_IN, graph.cast(time, compute)));
        return graph.mark("time_embedding", linears.apply(ZImageModules.TIME_OUT, hidden));
    }

    private Value finalLayer(Value x, Value condition) {
        Value shift = ops.reshape(linears.apply(ZImageModules.FINAL_MODULATION, ops.silu(condition)), -1);
        Value scale = ops.add(shift, graph.filled(1, 1, compute));
        Value y = linears.apply(ZImageModules.FINAL_LINEAR, ops.layerNorm(x, scale, FINAL_EPS));
        return graph.mark("final_layer", y);
    }
}
