package dev.atelier.zimage.model;

import dev.atelier.zimage.adapter.AdapterModel;
import dev.atelier.zimage.adapter.Spellings;
import dev.atelier.zimage.adapter.Target;
import dev.atelier.zimage.adapter.TargetGroup;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The weights of the transformer by diffusers' names, grouped as their adapters are fed: one group a block, one for
 * what stands outside the blocks. Names and shapes as in diffusers' {@code ZImageTransformer2DModel}
 * (transformer_z_image.py at 58eb52c080).
 */
public final class ZImageModules {
    /** Norms caption features. */
    static final String CAPTION_NORM = "cap_embedder.0";
    /** Stands for captions' padding. */
    static final String CAPTION_PADDING = "cap_pad_token";
    /** Stands for images' padding. */
    static final String IMAGE_PADDING = "x_pad_token";
    /** Embeds image tokens. */
    static final String IMAGE_EMBEDDER = "all_x_embedder." + TransformerConfig.PATCH_KEY;
    /** Embeds caption tokens. */
    static final String CAPTION_EMBEDDER = "cap_embedder.1";
    /** Embeds the time, first linear. */
    static final String TIME_IN = "t_embedder.mlp.0";
    /** Embeds the time, second linear. */
    static final String TIME_OUT = "t_embedder.mlp.2";
    /** Modulates the final layer. */
    static final String FINAL_MODULATION = "all_final_layer." + TransformerConfig.PATCH_KEY + ".adaLN_modulation.1";
    /** Gives the velocity. */
    static final String FINAL_LINEAR = "all_final_layer." + TransformerConfig.PATCH_KEY + ".linear";

    /** How adapter files call some modules: as single-file checkpoints do, and with fused attention. */
    public static final Spellings SPELLINGS = new Spellings(
            Map.of("x_embedder", IMAGE_EMBEDDER, "final_layer", "all_final_layer." + TransformerConfig.PATCH_KEY),
            Map.of(
                    "attention.qkv",
                    List.of("attention.to_q", "attention.to_k", "attention.to_v"),
                    "attention.out",
                    List.of("attention.to_out.0"),
                    "attention.q_norm",
                    List.of("attention.norm_q"),
                    "attention.k_norm",
                    List.of("attention.norm_k")));

    private static final List<String> ATTENTION =
            List.of("attention.to_q", "attention.to_k", "attention.to_v", "attention.to_out.0");
    private static final List<String> NORMS = List.of("attention_norm1", "attention_norm2", "ffn_norm1", "ffn_norm2");
    private static final List<String> HEAD_NORMS = List.of("attention.norm_q", "attention.norm_k");
    private static final String MODULATION = "adaLN_modulation.0";
    private static final Pattern BLOCK = Pattern.compile("(?<=^(?:layers|noise_refiner|context_refiner)\\.)0(?=\\.)");

    /** The dimensions of the published models, of which adapters of unknown size are expected. */
    private static final TransformerConfig PUBLISHED = new TransformerConfig(
            3840, 1, 1, 30, 2560, 16, List.of(32, 48, 48), List.of(1536, 512, 512), 1e-5f, 256, 1000, true);

    /** Models of other families whose modules are called alike, by their width. */
    private static final Map<Integer, String> ALIKE = Map.of(2304, "Lumina-Image 2.0");

    private ZImageModules() {}

    /** Returns what adapters may change in a model of these dimensions. */
    public static AdapterModel of(String modelId, TransformerConfig config) {
        return AdapterModel.ofKnownSize(modelId, config.dim(), all(config), SPELLINGS);
    }

    /** Returns what adapters may change in a model of this family, whatever its dimensions and number of blocks. */
    public static AdapterModel ofTheFamily(String modelId) {
        List<Target> any = all(PUBLISHED).stream()
                .map(target -> new Target(
                        BLOCK.matcher(target.name()).replaceFirst("#"),
                        target.out(),
                        target.in(),
                        target.biased(),
                        target.kind()))
                .toList();
        return AdapterModel.ofAnySize(modelId, PUBLISHED.dim(), any, SPELLINGS, ALIKE);
    }

    /** Returns the groups of the caption graph. */
    public static List<TargetGroup> caption(TransformerConfig c) {
        List<TargetGroup> groups = new ArrayList<>();
        groups.add(new TargetGroup(
                "cap_embedder",
                List.of(new Target(CAPTION_EMBEDDER, c.dim(), c.capFeatDim(), true)),
                List.of(Target.norm(CAPTION_NORM, c.capFeatDim()), Target.token(CAPTION_PADDING, c.dim()))));
        addBlocks(groups, c, "context_refiner", c.refinerLayers(), false);
        return List.copyOf(groups);
    }

    /** Returns the groups of the transformer graph. */
    public static List<TargetGroup> transformer(TransformerConfig c) {
        List<TargetGroup> groups = new ArrayList<>();
        groups.add(new TargetGroup(
                "embedders",
                List.of(
                        new Target(IMAGE_EMBEDDER, c.dim(), c.patchDim(), true),
                        new Target(TIME_IN, TransformerConfig.TIME_HIDDEN, TransformerConfig.TIME_FREQUENCIES, true),
                        new Target(TIME_OUT, c.modulationDim(), TransformerConfig.TIME_HIDDEN, true),
                        new Target(FINAL_MODULATION, c.dim(), c.modulationDim(), true),
                        new Target(FINAL_LINEAR, c.patchDim(), c.dim(), true)),
                List.of(Target.token(IMAGE_PADDING, c.dim()))));
        addBlocks(groups, c, "noise_refiner", c.refinerLayers(), true);
        addBlocks(groups, c, "layers", c.layers(), true);
        return List.copyOf(groups);
    }

    /** Returns every weight that an adapter may change. */
    public static List<Target> all(TransformerConfig c) {
        return Stream.concat(caption(c).stream(), transformer(c).stream())
                .flatMap(group -> Stream.concat(group.targets().stream(), group.vectors().stream()))
                .toList();
    }

    private static void addBlocks(
            List<TargetGroup> groups, TransformerConfig c, String stem, int count, boolean modulated) {
        for (int i = 0; i < count; i++) {
            String block = stem + "." + i;
            List<Target> targets = new ArrayList<>();
            for (String linear : ATTENTION) {
                targets.add(new Target(block + "." + linear, c.dim(), c.dim(), false));
            }
            targets.add(new Target(block + ".feed_forward.w1", c.hidden(), c.dim(), false));
            targets.add(new Target(block + ".feed_forward.w2", c.dim(), c.hidden(), false));
            targets.add(new Target(block + ".feed_forward.w3", c.hidden(), c.dim(), false));
            if (modulated) {
                targets.add(new Target(block + "." + MODULATION, 4 * c.dim(), c.modulationDim(), true));
            }
            groups.add(new TargetGroup(block, targets, norms(block + ".", c)));
        }
    }

    private static List<Target> norms(String block, TransformerConfig c) {
        Stream<Target> ofTokens = NORMS.stream().map(norm -> Target.norm(block + norm, c.dim()));
        Stream<Target> ofHeads = HEAD_NORMS.stream().map(norm -> Target.norm(block + norm, c.headDim()));
        return Stream.concat(ofTokens, c.qkNorm() ? ofHeads : Stream.empty()).toList();
    }
}
