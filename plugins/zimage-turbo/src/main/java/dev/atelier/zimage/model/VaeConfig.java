package dev.atelier.zimage.model;

import dev.atelier.zimage.checkpoint.Config;
import java.nio.file.Path;
import java.util.List;

/**
 * The dimensions of the VAE's decoder, from {@code vae/config.json}.
 *
 * @param latentChannels channels of the latents
 * @param outChannels channels of the picture; 3
 * @param blockOutChannels channels per resolution, the picture's first
 * @param layersPerBlock resnets of an encoder block; a decoder block has one more
 * @param normGroups groups of the group norms
 * @param midAttention whether the middle attends
 * @param postQuantConv whether a 1x1 convolution comes first
 * @param scalingFactor what the latents are divided by
 * @param shiftFactor what is then added
 */
public record VaeConfig(
        int latentChannels,
        int outChannels,
        List<Integer> blockOutChannels,
        int layersPerBlock,
        int normGroups,
        boolean midAttention,
        boolean postQuantConv,
        float scalingFactor,
        float shiftFactor) {
    /** Reads and checks the file. */
    public static VaeConfig open(Path folder) {
        Config config = Config.open(folder.resolve("config.json"));
        VaeConfig read = new VaeConfig(
                config.positive("latent_channels", 4),
                config.positive("out_channels", 3),
                config.integers("block_out_channels", List.of(64)),
                config.positive("layers_per_block", 1),
                config.positive("norm_num_groups", 32),
                config.flag("mid_block_add_attention", true),
                config.flag("use_post_quant_conv", true),
                (float) config.number("scaling_factor", 0.18215),
                (float) config.number("shift_factor", 0));
        read.check(config);
        return read;
    }

    /** Returns how many pixels one latent spans on a side. */
    public int scale() {
        return 1 << (blockOutChannels.size() - 1);
    }

    private void check(Config config) {
        String activation = config.text("act_fn", "silu");
        if (!activation.equals("silu") && !activation.equals("swish")) {
            throw config.invalid("act_fn", "must be silu but is " + activation);
        }
        for (String type : config.texts("up_block_types", List.of())) {
            if (!type.equals("UpDecoderBlock2D")) {
                throw config.invalid("up_block_types", "must be UpDecoderBlock2D but holds " + type);
            }
        }
        if (outChannels != 3) {
            throw config.invalid("out_channels", "must be 3 but is " + outChannels);
        }
        if (blockOutChannels.isEmpty() || blockOutChannels.size() > 12) {
            throw config.invalid(
                    "block_out_channels", "must hold 1 to 12 numbers but holds " + blockOutChannels.size());
        }
        for (int channels : blockOutChannels) {
            if (channels < 1 || channels % normGroups != 0) {
                throw config.invalid(
                        "block_out_channels",
                        "must be multiples of norm_num_groups " + normGroups + " but holds " + channels);
            }
        }
        if (scalingFactor == 0) {
            throw config.invalid("scaling_factor", "must not be 0");
        }
    }
}
