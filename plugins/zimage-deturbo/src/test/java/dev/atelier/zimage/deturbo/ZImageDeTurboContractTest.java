package dev.atelier.zimage.deturbo;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.atelier.plugin.ComponentSource;
import dev.atelier.plugin.GenerationPlan;
import dev.atelier.plugin.ImageSize;
import dev.atelier.plugin.PipelineDescriptor;
import dev.atelier.plugin.Profile;
import dev.atelier.testkit.PluginContract;
import dev.atelier.testkit.PluginSubject;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The model is what the reference calls by its name, and keeps what the gateway relies on. */
class ZImageDeTurboContractTest {
    @TestFactory
    Stream<DynamicTest> keepsTheContract() {
        return PluginContract.of(new PluginSubject(
                ZImageDeTurboPlugin::new,
                FamilyDemo::context,
                new GenerationPlan(
                        "a photo of a person", "", new ImageSize(64, 64), "Default", 2, 3, 42, Profile.REFERENCE),
                Optional.empty(), // the demo's LoRA has Turbo's dimensions
                Optional.empty()));
    }

    @Test
    void isDescribedAsTheReferenceDescribesIt() {
        PipelineDescriptor model = new ZImageDeTurboPlugin().descriptor();

        assertEquals("zimage_deturbo", model.modelId());
        assertEquals("Tongyi-MAI/Z-Image-Turbo", model.baseModel());
        assertEquals(32, model.resolutionDivisor());
        assertEquals(25, model.defaults().steps());
        assertEquals(3.0, model.defaults().guidanceScale());
        assertEquals(
                new ComponentSource("ostris/Z-Image-De-Turbo", "main", "transformer"),
                model.components().get("transformer"));
        assertEquals(
                new ComponentSource("Tongyi-MAI/Z-Image-Turbo", "main", "vae"),
                model.components().get("vae"));
    }
}
