package dev.atelier.synthetic;

import static dev.atelier.synthetic.TensorSpec.bias;
import static dev.atelier.synthetic.TensorSpec.norm;
import static dev.atelier.synthetic.TensorSpec.weight;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The dimensions of a VAE. Tensor names and shapes follow diffusers' {@code AutoencoderKL}; the encoder is written too,
 * because diffusers loads it.
 *
 * @param latentChannels channels of the latents
 * @param blockOutChannels channels per resolution, the picture's first
 * @param layersPerBlock resnets of an encoder block; a decoder block has one more
 * @param normGroups groups of the group norms
 * @param midAttention whether the middle attends
 * @param quantConv whether 1x1 convolutions stand around the latents
 * @param scalingFactor what the latents are divided by
 * @param shiftFactor what is then added
 */
public record VaeShape(
        int latentChannels,
        List<Integer> blockOutChannels,
        int layersPerBlock,
        int normGroups,
        boolean midAttention,
        boolean quantConv,
        double scalingFactor,
        double shiftFactor)
        implements ComponentShape {
    private static final int COLOURS = 3;

    /** Copies the list and checks that the groups fit. */
    public VaeShape {
        blockOutChannels = List.copyOf(blockOutChannels);
        for (int channels : blockOutChannels) {
            if (channels % normGroups != 0) {
                throw new IllegalArgumentException("blockOutChannels must be multiples of normGroups " + normGroups
                        + " but were " + blockOutChannels);
            }
        }
    }

    @Override
    public Map<String, Object> config() {
        int blocks = blockOutChannels.size();
        Map<String, Object> config = new LinkedHashMap<>();
        config.put("_class_name", "AutoencoderKL");
        config.put("act_fn", "silu");
        config.put("block_out_channels", blockOutChannels);
        config.put("down_block_types", Collections.nCopies(blocks, "DownEncoderBlock2D"));
        config.put("force_upcast", true);
        config.put("in_channels", COLOURS);
        config.put("latent_channels", latentChannels);
        config.put("layers_per_block", layersPerBlock);
        config.put("mid_block_add_attention", midAttention);
        config.put("norm_num_groups", normGroups);
        config.put("out_channels", COLOURS);
        config.put("sample_size", 1024);
        config.put("scaling_factor", scalingFactor);
        config.put("shift_factor", shiftFactor);
        config.put("up_block_types", Collections.nCopies(blocks, "UpDecoderBlock2D"));
        config.put("use_post_quant_conv", quantConv);
        config.put("use_quant_conv", quantConv);
        return config;
    }

    @Override
    public List<TensorSpec> tensors() {
        List<TensorSpec> tensors = new ArrayList<>();
        decoder(tensors);
        encoder(tensors);
        if (quantConv) {
            convolution(tensors, "post_quant_conv", latentChannels, latentChannels, 1);
            convolution(tensors, "quant_conv", 2 * latentChannels, 2 * latentChannels, 1);
        }
        return tensors;
    }

    private void decoder(List<TensorSpec> tensors) {
        List<Integer> channels = new ArrayList<>(blockOutChannels);
        Collections.reverse(channels);
        int in = channels.get(0);
        convolution(tensors, "decoder.conv_in", latentChannels, in, 3);
        middle(tensors, "decoder.mid_block", in);
        for (int i = 0; i < channels.size(); i++) {
            String name = "decoder.up_blocks." + i;
            in = resnets(tensors, name, in, channels.get(i), layersPerBlock + 1);
            if (i + 1 < channels.size()) {
                convolution(tensors, name + ".upsamplers.0.conv", in, in, 3);
            }
        }
        groupNorm(tensors, "decoder.conv_norm_out", in);
        convolution(tensors, "decoder.conv_out", in, COLOURS, 3);
    }

    private void encoder(List<TensorSpec> tensors) {
        int in = blockOutChannels.get(0);
        convolution(tensors, "encoder.conv_in", COLOURS, in, 3);
        for (int i = 0; i < blockOutChannels.size(); i++) {
            String name = "encoder.down_blocks." + i;
            in = resnets(tensors, name, in, blockOutChannels.get(i), layersPerBlock);
            if (i + 1 < blockOutChannels.size()) {
                convolution(tensors, name + ".downsamplers.0.conv", in, in, 3);
            }
        }
        middle(tensors, "encoder.mid_block", in);
        groupNorm(tensors, "encoder.conv_norm_out", in);
        convolution(tensors, "encoder.conv_out", in, 2 * latentChannels, 3);
    }

    private void middle(List<TensorSpec> tensors, String name, int channels) {
        resnet(tensors, name + ".resnets.0", channels, channels);
        if (midAttention) {
            String attention = name + ".attentions.0";
            groupNorm(tensors, attention + ".group_norm", channels);
            for (String projection : List.of("to_q", "to_k", "to_v", "to_out.0")) {
                tensors.add(weight(attention + "." + projection + ".weight", channels, channels));
                tensors.add(bias(attention + "." + projection + ".bias", channels));
            }
        }
        resnet(tensors, name + ".resnets.1", channels, channels);
    }

    private static int resnets(List<TensorSpec> tensors, String block, int in, int out, int count) {
        for (int i = 0; i < count; i++) {
            resnet(tensors, block + ".resnets." + i, i == 0 ? in : out, out);
        }
        return out;
    }

    private static void resnet(List<TensorSpec> tensors, String name, int in, int out) {
        groupNorm(tensors, name + ".norm1", in);
        convolution(tensors, name + ".conv1", in, out, 3);
        groupNorm(tensors, name + ".norm2", out);
        convolution(tensors, name + ".conv2", out, out, 3);
        if (in != out) {
            convolution(tensors, name + ".conv_shortcut", in, out, 1);
        }
    }

    private static void groupNorm(List<TensorSpec> tensors, String name, int channels) {
        tensors.add(norm(name + ".weight", channels));
        tensors.add(bias(name + ".bias", channels));
    }

    private static void convolution(List<TensorSpec> tensors, String name, int in, int out, int side) {
        tensors.add(weight(name + ".weight", out, in, side, side));
        tensors.add(bias(name + ".bias", out));
    }
}
