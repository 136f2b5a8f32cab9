package dev.atelier.synthetic;

import static dev.atelier.synthetic.TensorSpec.bias;
import static dev.atelier.synthetic.TensorSpec.norm;
import static dev.atelier.synthetic.TensorSpec.weight;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The dimensions of a Z-Image transformer. Tensor names and shapes follow diffusers' {@code ZImageTransformer2DModel}.
 *
 * @param dim features of a token
 * @param layers joint blocks
 * @param refinerLayers blocks of each refiner
 * @param heads attention heads
 * @param captionDim features of a caption token
 * @param inChannels channels of the latents
 * @param axesDims features of a head that frame, row and column rotate; their sum is {@code dim / heads}
 * @param axesLens positions that each may take
 * @param qkNorm whether queries and keys are normed per head
 */
public record TransformerShape(
        int dim,
        int layers,
        int refinerLayers,
        int heads,
        int captionDim,
        int inChannels,
        List<Integer> axesDims,
        List<Integer> axesLens,
        boolean qkNorm)
        implements ComponentShape {
    private static final int TIME_FREQUENCIES = 256;
    private static final int TIME_HIDDEN = 1024;

    /** Checks that the heads fit. */
    public TransformerShape {
        axesDims = List.copyOf(axesDims);
        axesLens = List.copyOf(axesLens);
        int headDim = axesDims.stream().mapToInt(side -> side).sum();
        if (headDim * heads != dim) {
            throw new IllegalArgumentException(
                    "axesDims must add up to dim / heads, " + dim + " / " + heads + ", but were " + axesDims);
        }
    }

    @Override
    public Map<String, Object> config() {
        Map<String, Object> config = new LinkedHashMap<>();
        config.put("_class_name", "ZImageTransformer2DModel");
        config.put("all_f_patch_size", List.of(1));
        config.put("all_patch_size", List.of(2));
        config.put("axes_dims", axesDims);
        config.put("axes_lens", axesLens);
        config.put("cap_feat_dim", captionDim);
        config.put("dim", dim);
        config.put("in_channels", inChannels);
        config.put("n_heads", heads);
        config.put("n_kv_heads", heads);
        config.put("n_layers", layers);
        config.put("n_refiner_layers", refinerLayers);
        config.put("norm_eps", 1e-5);
        config.put("qk_norm", qkNorm);
        config.put("rope_theta", 256.0);
        config.put("t_scale", 1000.0);
        return config;
    }

    @Override
    public List<TensorSpec> tensors() {
        List<TensorSpec> tensors = new ArrayList<>();
        int patch = 4 * inChannels;
        linear(tensors, "all_x_embedder.2-1", patch, dim);
        tensors.add(norm("cap_embedder.0.weight", captionDim));
        linear(tensors, "cap_embedder.1", captionDim, dim);
        linear(tensors, "t_embedder.mlp.0", TIME_FREQUENCIES, TIME_HIDDEN);
        linear(tensors, "t_embedder.mlp.2", TIME_HIDDEN, modulation());
        tensors.add(new TensorSpec("x_pad_token", List.of(1, dim), 0, 1));
        tensors.add(new TensorSpec("cap_pad_token", List.of(1, dim), 0, 1));
        for (int i = 0; i < refinerLayers; i++) {
            block(tensors, "noise_refiner." + i, true);
            block(tensors, "context_refiner." + i, false);
        }
        for (int i = 0; i < layers; i++) {
            block(tensors, "layers." + i, true);
        }
        linear(tensors, "all_final_layer.2-1.adaLN_modulation.1", modulation(), dim);
        linear(tensors, "all_final_layer.2-1.linear", dim, patch);
        return tensors;
    }

    private int modulation() {
        return Math.min(dim, 256);
    }

    private void block(List<TensorSpec> tensors, String name, boolean modulated) {
        int hidden = (int) (dim / 3.0 * 8);
        for (String projection : List.of("to_q", "to_k", "to_v", "to_out.0")) {
            tensors.add(weight(name + ".attention." + projection + ".weight", dim, dim));
        }
        if (qkNorm) {
            tensors.add(norm(name + ".attention.norm_q.weight", dim / heads));
            tensors.add(norm(name + ".attention.norm_k.weight", dim / heads));
        }
        tensors.add(weight(name + ".feed_forward.w1.weight", hidden, dim));
        tensors.add(weight(name + ".feed_forward.w2.weight", dim, hidden));
        tensors.add(weight(name + ".feed_forward.w3.weight", hidden, dim));
        for (String part : List.of("attention_norm1", "attention_norm2", "ffn_norm1", "ffn_norm2")) {
            tensors.add(norm(name + "." + part + ".weight", dim));
        }
        if (modulated) {
            linear(tensors, name + ".adaLN_modulation.0", modulation(), 4 * dim);
        }
    }

    private static void linear(List<TensorSpec> tensors, String name, int in, int out) {
        tensors.add(weight(name + ".weight", out, in));
        tensors.add(bias(name + ".bias", out));
    }
}
