package dev.atelier.zimage.base;

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
class ZImageBaseContractTest {
    @TestFactory
    Stream<DynamicTest> keepsTheContract() {
        return PluginContract.of(new PluginSubject(
                ZImageBasePlugin::new,
                FamilyDemo::context,
                new GenerationPlan(
                        "a photo of a person", "", new ImageSize(64, 64), "Default", 2, 3, 42, Profile.REFERENCE),
                Optional.of(FamilyDemo.DEMO.resolve("loras/my_lora_job/my_lora.safetensors")),
                Optional.empty()));
    }

    @Test
    void isDescribedAsTheReferenceDescribesIt() {
        PipelineDescriptor model = new ZImageBasePlugin().descriptor();

        assertEquals("zimage", model.modelId());
        assertEquals("Tongyi-MAI/Z-Image", model.baseModel());
        assertEquals(32, model.resolutionDivisor());
        assertEquals(30, model.defaults().steps());
        assertEquals(4.0, model.defaults().guidanceScale());
        assertEquals(
                new ComponentSource("Tongyi-MAI/Z-Image", "main", "transformer"),
                model.components().get("transformer"));
        assertEquals(
                new ComponentSource("Tongyi-MAI/Z-Image", "main", "vae"),
                model.components().get("vae"));
    }
}
