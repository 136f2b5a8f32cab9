package dev.atelier.zimage.model;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.atelier.zimage.checkpoint.Checkpoint;
import dev.atelier.zimage.onnx.Attributes;
import dev.atelier.zimage.onnx.GraphBuilder;
import dev.atelier.zimage.onnx.OnnxModel;
import dev.atelier.zimage.onnx.Operators;
import dev.atelier.zimage.onnx.Value;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * The decoder of diffusers' {@code AutoencoderKL} (autoencoder_kl.py, vae.py, resnet.py at 58eb52c080), in float32 on
 * every device: closer to the trainer's pictures than 16 bits, and the runtime has no 16-bit kernels for its norms.
 *
 * <p>Input: {@code latents [1, channels, height, width]}, already unscaled. Output: {@code pixels [1, 3, scale *
 * height, scale * width]}, about -1 to 1.
 */
final class VaeDecoderGraph {
    private static final float NORM_EPS = 1e-6f;
    private static final DataType FLOAT = DataType.FLOAT;

    private final VaeConfig config;
    private final Checkpoint checkpoint;
    private final GraphBuilder graph;
    private final Operators ops;

    private VaeDecoderGraph(Checkpoint checkpoint, VaeConfig config) {
        this.config = config;
        this.checkpoint = checkpoint;
        this.graph = new GraphBuilder("vae_decoder", checkpoint.root());
        this.ops = new Operators(graph);
    }

    /** Builds the model; marks as outputs what a test asks for. */
    static OnnxModel build(Checkpoint checkpoint, VaeConfig config, List<String> marks) {
        VaeDecoderGraph decoder = new VaeDecoderGraph(checkpoint, config);
        decoder.author();
        decoder.graph.outputMarks(marks);
        return decoder.graph.build();
    }

    private void author() {
        long latents = config.latentChannels();
        Value x = graph.input("latents", FLOAT, 1, latents, "height", "width");
        if (config.postQuantConv()) {
            x = convolve("post_quant_conv", x, latents, latents, 1);
        }
        List<Integer> channels = new ArrayList<>(config.blockOutChannels());
        Collections.reverse(channels);
        int top = channels.get(0);
        x = graph.mark("conv_in", convolve("decoder.conv_in", x, top, latents, 3));
        x = resnet("decoder.mid_block.resnets.0.", x, top, top);
        if (config.midAttention()) {
            x = attention("decoder.mid_block.attentions.0.", x, top);
        }
        x = graph.mark("mid_block", resnet("decoder.mid_block.resnets.1.", x, top, top));
        int in = top;
        for (int i = 0; i < channels.size(); i++) {
            x = graph.mark("up_blocks." + i, upBlock(i, x, channels.get(i), in, i < channels.size() - 1));
            in = channels.get(i);
        }
        x = ops.silu(groupNorm("decoder.conv_norm_out", x, in));
        graph.output("pixels", convolve("decoder.conv_out", x, config.outChannels(), in, 3));
    }

    private Value upBlock(int index, Value x, int out, int in, boolean upsample) {
        String name = "decoder.up_blocks." + index + ".";
        for (int i = 0; i <= config.layersPerBlock(); i++) {
            x = resnet(name + "resnets." + i + ".", x, out, i == 0 ? in : out);
        }
        return upsample ? convolve(name + "upsamplers.0.conv", ops.doubled(x), out, out, 3) : x;
    }

    // The runtime takes the sum's second branch first: the shortcut, after which the larger x is needed no more.
    private Value resnet(String name, Value x, int out, int in) {
        Value skip = in == out ? x : convolve(name + "conv_shortcut", x, out, in, 1);
        Value h = convolve(name + "conv1", ops.silu(groupNorm(name + "norm1", x, in)), out, in, 3);
        h = convolve(name + "conv2", ops.silu(groupNorm(name + "norm2", h, out)), out, out, 3);
        return ops.add(h, skip);
    }

    private Value attention(String name, Value x, int channels) {
        Value normed = groupNorm(name + "group_norm", x, channels);
        Value tokens = ops.transpose(ops.reshape(normed, channels, -1), 1, 0);
        Value attended = ops.attention(
                linear(name + "to_q", tokens, channels),
                linear(name + "to_k", tokens, channels),
                linear(name + "to_v", tokens, channels),
                1,
                false);
        Value y = ops.transpose(linear(name + "to_out.0", attended, channels), 1, 0);
        return ops.add(ops.reshape(y, ops.shape(x, 0, 4)), x);
    }

    private Value linear(String name, Value x, long channels) {
        return ops.linear(x, tensor(name + ".weight", channels, channels), tensor(name + ".bias", channels));
    }

    private Value groupNorm(String name, Value x, int channels) {
        int groups = config.normGroups();
        Value grouped = ops.reshape(x, 1, groups, -1);
        Attributes attributes = Attributes.none().number("epsilon", NORM_EPS);
        Value normed = graph.node(
                "InstanceNormalization",
                "",
                FLOAT,
                attributes,
                grouped,
                graph.filled(1, groups, FLOAT),
                graph.filled(0, groups, FLOAT));
        Value restored = ops.reshape(normed, ops.shape(x, 0, 4));
        Value weight = ops.reshape(tensor(name + ".weight", channels), channels, 1, 1);
        Value bias = ops.reshape(tensor(name + ".bias", channels), channels, 1, 1);
        return ops.add(ops.multiply(restored, weight), bias);
    }

    private Value convolve(String name, Value x, long out, long in, int kernel) {
        return ops.convolve(
                x, tensor(name + ".weight", out, in, kernel, kernel), tensor(name + ".bias", out), kernel / 2);
    }

    private Value tensor(String name, long... shape) {
        return graph.weight(checkpoint.expectShape(name, shape), FLOAT);
    }
}
