package dev.atelier.zimage.model;

import dev.atelier.zimage.adapter.ModuleNames;
import dev.atelier.zimage.adapter.Spellings;
import dev.atelier.zimage.adapter.Target;
import dev.atelier.zimage.adapter.TargetGroup;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The linears of the transformer by diffusers' names, grouped as their adapters are fed: one group a block, one for
 * what stands outside the blocks. Names and shapes as in diffusers' {@code ZImageTransformer2DModel}
 * (transformer_z_image.py at 58eb52c080).
 */
public final class ZImageModules {
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
                    List.of("attention.to_out.0")));

    private static final List<String> ATTENTION =
            List.of("attention.to_q", "attention.to_k", "attention.to_v", "attention.to_out.0");
    private static final List<String> FEED_FORWARD = List.of("feed_forward.w1", "feed_forward.w2", "feed_forward.w3");
    private static final String MODULATION = "adaLN_modulation.0";

    private ZImageModules() {}

    /** Returns the linears that a model of this family may have, whatever its number of blocks. */
    public static ModuleNames ofTheFamily() {
        List<String> names = new ArrayList<>(
                List.of(IMAGE_EMBEDDER, CAPTION_EMBEDDER, TIME_IN, TIME_OUT, FINAL_MODULATION, FINAL_LINEAR));
        for (String stem : List.of("layers.#.", "noise_refiner.#.", "context_refiner.#.")) {
            Stream.concat(ATTENTION.stream(), FEED_FORWARD.stream())
                    .map(stem::concat)
                    .forEach(names::add);
        }
        names.add("layers.#." + MODULATION);
        names.add("noise_refiner.#." + MODULATION);
        return new ModuleNames(names, SPELLINGS);
    }

    /** Returns the groups of the caption graph. */
    public static List<TargetGroup> caption(TransformerConfig c) {
        List<TargetGroup> groups = new ArrayList<>();
        groups.add(
                new TargetGroup("cap_embedder", List.of(new Target(CAPTION_EMBEDDER, c.dim(), c.capFeatDim(), true))));
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
                        new Target(FINAL_LINEAR, c.patchDim(), c.dim(), true))));
        addBlocks(groups, c, "noise_refiner", c.refinerLayers(), true);
        addBlocks(groups, c, "layers", c.layers(), true);
        return List.copyOf(groups);
    }

    /** Returns every linear that an adapter may change. */
    public static List<Target> all(TransformerConfig c) {
        return Stream.concat(caption(c).stream(), transformer(c).stream())
                .flatMap(group -> group.targets().stream())
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
            groups.add(new TargetGroup(block, targets));
        }
    }
}
