package dev.atelier.zimage.model;

import dev.atelier.zimage.onnx.Operators;
import dev.atelier.zimage.onnx.RotaryTable;
import dev.atelier.zimage.onnx.Value;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The block of the transformer, with and without modulation. Ported from diffusers' {@code ZImageTransformerBlock}
 * (transformer_z_image.py at 58eb52c080); deliberate differences: the modulation's scale and gate are multiplied into
 * the norms' weights, which gives the same product in another order, and each residual sum is left to the norm that
 * follows it.
 */
final class ZImageBlocks {
    /** The epsilon of the norms over queries and keys; a constant of the model. */
    private static final float QK_EPS = 1e-5f;

    /**
     * The tokens between two blocks: x, or x + delta not summed yet.
     *
     * @param name of the block that gave them
     */
    record Tokens(Value x, @Nullable Value delta, String name) {}

    private record Modulation(Value attentionScale, Value attentionGate, Value mlpScale, Value mlpGate) {}

    private final Operators ops;
    private final TransformerConfig config;
    private final AdaptedLinears linears;

    ZImageBlocks(Operators ops, TransformerConfig config, AdaptedLinears linears) {
        this.ops = ops;
        this.config = config;
        this.linears = linears;
    }

    /**
     * Runs blocks {@code stem.0}, {@code stem.1}, ... over x {@code [tokens, dim]}.
     *
     * @param condition {@code [1, modulation]}; null for blocks without modulation
     * @return {@code [tokens, dim]}
     */
    Value run(String stem, int count, Value x, RotaryTable table, @Nullable Value condition) {
        Tokens tokens = new Tokens(x, null, "");
        for (int i = 0; i < count; i++) {
            tokens = block(stem + "." + i, tokens, table, condition);
        }
        Value delta = tokens.delta();
        return delta == null ? tokens.x() : ops.graph().mark(tokens.name(), ops.add(tokens.x(), delta));
    }

    private Tokens block(String name, Tokens tokens, RotaryTable table, @Nullable Value condition) {
        Modulation modulation = condition == null ? null : modulation(name, condition);
        Value scale1 = norm(name, "attention_norm1", modulation == null ? null : modulation.attentionScale());
        Value x = tokens.x();
        Value normed;
        if (tokens.delta() == null) {
            normed = ops.rmsNorm(x, scale1, config.normEps());
        } else {
            List<Value> both = ops.addAndRmsNorm(tokens.delta(), x, scale1, config.normEps());
            normed = both.get(0);
            x = ops.graph().mark(tokens.name(), both.get(1));
        }
        Value attended = attention(name + ".attention.", normed, table);
        Value gate1 = norm(name, "attention_norm2", modulation == null ? null : modulation.attentionGate());
        Value scale2 = norm(name, "ffn_norm1", modulation == null ? null : modulation.mlpScale());
        Value delta1 = ops.rmsNorm(attended, gate1, config.normEps());
        List<Value> both = ops.addAndRmsNorm(delta1, x, scale2, config.normEps());
        Value fed = feedForward(name + ".feed_forward.", both.get(0));
        Value gate2 = norm(name, "ffn_norm2", modulation == null ? null : modulation.mlpGate());
        return new Tokens(both.get(1), ops.rmsNorm(fed, gate2, config.normEps()), name);
    }

    private Value attention(String prefix, Value x, RotaryTable table) {
        Value q = headNorm(prefix + "norm_q", linears.apply(prefix + "to_q", x));
        Value k = headNorm(prefix + "norm_k", linears.apply(prefix + "to_k", x));
        Value v = linears.apply(prefix + "to_v", x);
        Value attended = ops.attention(
                ops.rotate(q, table, true, config.heads()),
                ops.rotate(k, table, true, config.heads()),
                v,
                config.heads(),
                false);
        return linears.apply(prefix + "to_out.0", attended);
    }

    private Value headNorm(String name, Value x) {
        if (!config.qkNorm()) {
            return x;
        }
        Value heads = ops.reshape(x, -1, config.heads(), config.headDim());
        Value normed = ops.rmsNorm(heads, linears.vector(name), QK_EPS);
        return ops.reshape(normed, -1, config.dim());
    }

    private Value feedForward(String prefix, Value x) {
        Value gate = ops.silu(linears.apply(prefix + "w1", x));
        return linears.apply(prefix + "w2", ops.multiply(gate, linears.apply(prefix + "w3", x)));
    }

    private Value norm(String block, String name, @Nullable Value factor) {
        Value weight = linears.vector(block + "." + name);
        return factor == null ? weight : ops.multiply(weight, factor);
    }

    private Modulation modulation(String block, Value condition) {
        Value all = ops.reshape(linears.apply(block + ".adaLN_modulation.0", condition), -1);
        int dim = config.dim();
        List<Value> parts = ops.split(all, 0, dim, dim, dim, dim);
        Value one = ops.graph().filled(1, 1, all.type());
        return new Modulation(
                ops.add(parts.get(0), one), ops.tanh(parts.get(1)), ops.add(parts.get(2), one), ops.tanh(parts.get(3)));
    }
}
