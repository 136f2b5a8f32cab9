package dev.atelier.zimage.model;

import dev.atelier.zimage.checkpoint.Config;
import java.nio.file.Path;
import java.util.List;

/**
 * The dimensions of the transformer, from {@code transformer/config.json}.
 *
 * @param dim features of a token
 * @param layers joint blocks
 * @param refinerLayers blocks of each refiner
 * @param heads attention heads
 * @param capFeatDim features of a caption token before it is embedded
 * @param inChannels channels of the latents
 * @param axesDims features of a head that frame, row and column rotate
 * @param axesLens positions that frame, row and column may take
 * @param normEps of the RMS norms over tokens
 * @param ropeTheta base of the rotation frequencies
 * @param tScale what the model's time is multiplied with
 * @param qkNorm whether queries and keys are normed per head
 */
public record TransformerConfig(
        int dim,
        int layers,
        int refinerLayers,
        int heads,
        int capFeatDim,
        int inChannels,
        List<Integer> axesDims,
        List<Integer> axesLens,
        float normEps,
        double ropeTheta,
        float tScale,
        boolean qkNorm) {
    /** Tokens are padded to a multiple of this. */
    public static final int TOKEN_MULTIPLE = 32;
    /** A token is a square of this many latents. */
    public static final int PATCH = 2;
    /** The name of that patch size in tensor names. */
    public static final String PATCH_KEY = "2-1";
    /** Features of the sinusoidal time embedding. */
    public static final int TIME_FREQUENCIES = 256;
    /** Features between the two linears of the time embedding. */
    public static final int TIME_HIDDEN = 1024;
    /** The most features that a modulation takes. */
    private static final int MODULATION = 256;

    /** Reads and checks the file. */
    public static TransformerConfig open(Path folder) {
        Config config = Config.open(folder.resolve("config.json"));
        TransformerConfig read = new TransformerConfig(
                config.positive("dim"),
                config.positive("n_layers"),
                config.integer("n_refiner_layers", 2),
                config.positive("n_heads"),
                config.positive("cap_feat_dim"),
                config.positive("in_channels", 16),
                config.integers("axes_dims", List.of(32, 48, 48)),
                config.integers("axes_lens", List.of(1024, 512, 512)),
                (float) config.number("norm_eps", 1e-5),
                config.number("rope_theta", 256),
                (float) config.number("t_scale", 1000),
                config.flag("qk_norm", true));
        read.check(config);
        return read;
    }

    /** Returns the features of one head. */
    public int headDim() {
        return dim / heads;
    }

    /** Returns the features between the linears of a feed-forward. */
    public int hidden() {
        return (int) (dim / 3.0 * 8);
    }

    /** Returns the features that modulate. */
    public int modulationDim() {
        return Math.min(dim, MODULATION);
    }

    /** Returns the features of a patch. */
    public int patchDim() {
        return PATCH * PATCH * inChannels;
    }

    /** Rounds a number of tokens up to the padded one. */
    public static int padded(int tokens) {
        return (tokens + TOKEN_MULTIPLE - 1) / TOKEN_MULTIPLE * TOKEN_MULTIPLE;
    }

    private void check(Config config) {
        if (!config.integers("all_patch_size", List.of(PATCH)).equals(List.of(PATCH))
                || !config.integers("all_f_patch_size", List.of(1)).equals(List.of(1))) {
            throw config.invalid("all_patch_size", "must be [2] with all_f_patch_size [1]");
        }
        if (config.has("siglip_feat_dim")) {
            throw config.invalid("siglip_feat_dim", "must be null: image conditions are not supported");
        }
        if (refinerLayers < 0) {
            throw config.invalid("n_refiner_layers", "must not be negative but is " + refinerLayers);
        }
        if (dim % heads != 0) {
            throw config.invalid("dim", "must be a multiple of n_heads " + heads + " but is " + dim);
        }
        boolean axes = axesDims.size() == 3
                && axesLens.size() == 3
                && axesDims.stream().allMatch(d -> d > 0 && d % 2 == 0)
                && axesLens.stream().allMatch(length -> length > 0);
        if (!axes || axesDims.stream().mapToLong(d -> d).sum() != headDim()) {
            throw config.invalid(
                    "axes_dims",
                    "must be three even numbers that add up to the head's " + headDim()
                            + ", with three axes_lens, but are " + axesDims + " and " + axesLens);
        }
    }
}
