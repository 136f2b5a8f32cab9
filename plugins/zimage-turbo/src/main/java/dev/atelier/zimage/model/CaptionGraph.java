package dev.atelier.zimage.model;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.atelier.zimage.onnx.GraphBuilder;
import dev.atelier.zimage.onnx.OnnxModel;
import dev.atelier.zimage.onnx.Operators;
import dev.atelier.zimage.onnx.RotaryTable;
import dev.atelier.zimage.onnx.Value;
import java.util.List;

/**
 * Embeds and refines a caption; independent of the time, so once per image and its adapters.
 *
 * <p>Inputs: {@code caption_features [tokens, capFeatDim]}; {@code caption_padding [n]}, n zeros that fill the tokens
 * up to a multiple of 32; {@code caption_cos} and {@code caption_sin [padded, headDim / 2]}; the adapter inputs.
 * Output: {@code context [padded, dim]}. All float32 outside.
 */
final class CaptionGraph {
    private CaptionGraph() {}

    /** Builds the model; marks as outputs what a test asks for. */
    static OnnxModel build(TransformerWeights weights, AdapterForms forms, DataType compute, List<String> marks) {
        TransformerConfig config = weights.config();
        GraphBuilder graph = new GraphBuilder("caption", weights.checkpoint().root());
        Operators ops = new Operators(graph);
        AdaptedLinears linears =
                new AdaptedLinears(ops, weights.checkpoint(), compute, ZImageModules.caption(config), forms);
        Value features = graph.input("caption_features", DataType.FLOAT, "tokens", config.capFeatDim());
        Value padding = graph.input("caption_padding", DataType.INT64, "padding");
        long half = config.headDim() / 2;
        RotaryTable table = new RotaryTable(
                graph.input("caption_cos", DataType.FLOAT, "padded", half),
                graph.input("caption_sin", DataType.FLOAT, "padded", half),
                config.headDim());
        Value normed = ops.rmsNorm(
                graph.cast(features, compute), linears.vector(ZImageModules.CAPTION_NORM), config.normEps());
        Value embedded = graph.mark("caption_embedding", linears.apply(ZImageModules.CAPTION_EMBEDDER, normed));
        Value pad = ops.gatherRows(linears.vector(ZImageModules.CAPTION_PADDING), padding);
        Value x = new ZImageBlocks(ops, config, linears)
                .run("context_refiner", config.refinerLayers(), ops.concat(0, embedded, pad), table, null);
        graph.output("context", graph.cast(x, DataType.FLOAT));
        graph.outputMarks(marks);
        return graph.build();
    }
}
