package dev.atelier.synthetic;

import static dev.atelier.synthetic.TensorSpec.norm;
import static dev.atelier.synthetic.TensorSpec.weight;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The dimensions of a Qwen3 text encoder. Tensor names and shapes follow transformers' {@code Qwen3ForCausalLM}.
 *
 * @param vocabulary rows of the token embedding
 * @param hidden features of a token
 * @param intermediate features inside the MLP
 * @param layers decoder layers
 * @param heads query heads
 * @param keyValueHeads key and value heads
 * @param headDim features of one head
 */
public record TextEncoderShape(
        int vocabulary, int hidden, int intermediate, int layers, int heads, int keyValueHeads, int headDim)
        implements ComponentShape {
    /** Checks that the heads fit. */
    public TextEncoderShape {
        if (heads % keyValueHeads != 0) {
            throw new IllegalArgumentException(
                    "keyValueHeads must divide heads " + heads + " but was " + keyValueHeads);
        }
    }

    @Override
    public String fileName() {
        return "model";
    }

    @Override
    public Map<String, Object> config() {
        Map<String, Object> config = new LinkedHashMap<>();
        config.put("architectures", List.of("Qwen3ForCausalLM"));
        config.put("attention_bias", false);
        config.put("head_dim", headDim);
        config.put("hidden_act", "silu");
        config.put("hidden_size", hidden);
        config.put("intermediate_size", intermediate);
        config.put("max_position_embeddings", 40_960);
        config.put("model_type", "qwen3");
        config.put("num_attention_heads", heads);
        config.put("num_hidden_layers", layers);
        config.put("num_key_value_heads", keyValueHeads);
        config.put("rms_norm_eps", 1e-6);
        config.put("rope_theta", 1_000_000.0);
        config.put("tie_word_embeddings", true);
        config.put("use_sliding_window", false);
        config.put("vocab_size", vocabulary);
        return config;
    }

    @Override
    public List<TensorSpec> tensors() {
        List<TensorSpec> tensors = new ArrayList<>();
        tensors.add(new TensorSpec("model.embed_tokens.weight", List.of(vocabulary, hidden), 0, 1));
        for (int i = 0; i < layers; i++) {
            layer(tensors, "model.layers." + i);
        }
        tensors.add(norm("model.norm.weight", hidden));
        return tensors;
    }

    private void layer(List<TensorSpec> tensors, String name) {
        String attention = name + ".self_attn.";
        tensors.add(norm(name + ".input_layernorm.weight", hidden));
        tensors.add(weight(attention + "q_proj.weight", heads * headDim, hidden));
        tensors.add(weight(attention + "k_proj.weight", keyValueHeads * headDim, hidden));
        tensors.add(weight(attention + "v_proj.weight", keyValueHeads * headDim, hidden));
        tensors.add(weight(attention + "o_proj.weight", hidden, heads * headDim));
        tensors.add(norm(attention + "q_norm.weight", headDim));
        tensors.add(norm(attention + "k_norm.weight", headDim));
        tensors.add(norm(name + ".post_attention_layernorm.weight", hidden));
        tensors.add(weight(name + ".mlp.gate_proj.weight", intermediate, hidden));
        tensors.add(weight(name + ".mlp.up_proj.weight", intermediate, hidden));
        tensors.add(weight(name + ".mlp.down_proj.weight", hidden, intermediate));
    }
}
