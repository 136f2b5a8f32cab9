package dev.atelier.zimage.adapter;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.atelier.zimage.Golden;
import dev.atelier.zimage.model.TransformerConfig;
import dev.atelier.zimage.model.ZImageModules;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ModuleNamesTest {
    private static final List<Target> TARGETS =
            ZImageModules.all(TransformerConfig.open(Golden.DEMO.resolve("transformer")));
    private static final ModuleNames MODEL =
            new ModuleNames(TARGETS.stream().map(Target::name).toList(), ZImageModules.SPELLINGS);
    private static final ModuleNames FAMILY =
            ZImageModules.ofTheFamily("zimage").names();

    @ParameterizedTest
    @CsvSource({
        "layers_0_attention_to_q,layers.0.attention.to_q",
        "layers_3_attention_to_out_0,layers.3.attention.to_out.0",
        "layers.3.attention.to.out.0,layers.3.attention.to_out.0",
        "layers.2.attention.to.v,layers.2.attention.to_v",
        "noise_refiner_1_feed_forward_w3,noise_refiner.1.feed_forward.w3",
        "context_refiner_0_attention_to_k,context_refiner.0.attention.to_k",
        "layers_5_adaLN_modulation_0,layers.5.adaLN_modulation.0",
        "all_x_embedder_2-1,all_x_embedder.2-1",
        "all_final_layer_2_1_adaLN_modulation_1,all_final_layer.2-1.adaLN_modulation.1",
        "final_layer_linear,all_final_layer.2-1.linear",
        "x_embedder,all_x_embedder.2-1",
        "cap_embedder_1,cap_embedder.1",
        "t_embedder_mlp_2,t_embedder.mlp.2"
    })
    void dotsAndUnderscoresAreOneInTheModelAndInTheFamily(String spelled, String module) {
        for (ModuleNames names : List.of(MODEL, FAMILY)) {
            assertEquals(Optional.of(new ModuleNames.Named(List.of(module), false)), names.find(spelled));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"layers_0_attention_to_x", "layers", "", "text_model_encoder_layers_0_mlp_fc1", "layers.x.w1"})
    void otherModulesAreNotFound(String spelled) {
        assertEquals(Optional.empty(), MODEL.find(spelled));
        assertEquals(Optional.empty(), FAMILY.find(spelled));
    }

    @Test
    void everyLinearOfTheModelIsFoundFlattenedAndInTheFamily() {
        for (Target target : TARGETS) {
            Optional<ModuleNames.Named> own = Optional.of(new ModuleNames.Named(List.of(target.name()), false));
            assertEquals(own, MODEL.find(target.name().replace('.', '_')));
            assertEquals(own, FAMILY.find(target.name()));
        }
        assertEquals(Optional.empty(), MODEL.find("layers.99.attention.to_q"));
        assertEquals(
                List.of("layers.99.attention.to_q"),
                FAMILY.find("layers.99.attention.to_q").orElseThrow().modules());
    }

    @Test
    void fusedAttentionStandsForItsThreeParts() {
        for (ModuleNames names : List.of(MODEL, FAMILY)) {
            assertEquals(
                    Optional.of(new ModuleNames.Named(
                            List.of("layers.1.attention.to_q", "layers.1.attention.to_k", "layers.1.attention.to_v"),
                            true)),
                    names.find("layers.1.attention.qkv"));
            assertEquals(
                    Optional.of(new ModuleNames.Named(List.of("layers.1.attention.to_out.0"), true)),
                    names.find("layers_1_attention_out"));
        }
    }

    @Test
    void twoModulesOfOneSpellingAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> new ModuleNames(List.of("a.b", "a_b"), Spellings.NONE));
    }
}
