package dev.atelier.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.atelier.plugin.GenerationDefaults;
import dev.atelier.plugin.PipelineDescriptor;
import dev.atelier.plugin.Profile;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;

/** What a plugin says about itself. */
final class DescriptorContract {
    private final PluginSubject subject;

    DescriptorContract(PluginSubject subject) {
        this.subject = subject;
    }

    Stream<DynamicTest> tests() {
        return Stream.of(
                dynamicTest("always describes itself the same way", this::isConstant),
                dynamicTest("describes itself completely", this::isComplete),
                dynamicTest("declares defaults that a request may have", this::hasLegalDefaults));
    }

    private PipelineDescriptor descriptor() {
        return subject.plugin().get().descriptor();
    }

    private void isConstant() {
        assertEquals(descriptor(), descriptor());
    }

    private void isComplete() {
        PipelineDescriptor descriptor = descriptor();
        assertTrue(
                descriptor.modelId().matches("[a-z0-9][a-z0-9_.-]*"),
                "model id in lower case, to be written in requests: " + descriptor.modelId());
        assertFalse(descriptor.description().isBlank(), "description");
        assertFalse(descriptor.baseModel().isBlank(), "base model");
        assertTrue(descriptor.profiles().contains(Profile.REFERENCE), "the reference profile is everybody's default");
        assertTrue(descriptor.resolutions().contains("Default"), "the default resolution");
        descriptor.components().forEach((name, source) -> {
            assertTrue(source.repository().matches("[^/\\s]+/[^/\\s]+"), "repository of " + name);
            assertFalse(source.revision().isBlank(), "revision of " + name);
            assertFalse(List.of(source.subfolder().split("/")).contains(".."), "subfolder of " + name);
        });
    }

    private void hasLegalDefaults() {
        GenerationDefaults defaults = descriptor().defaults();
        assertTrue(defaults.steps() >= 1 && defaults.steps() <= 150, "steps " + defaults.steps());
        assertTrue(
                defaults.guidanceScale() >= 0 && defaults.guidanceScale() <= 20,
                "guidance scale " + defaults.guidanceScale());
        for (int side : List.of(defaults.size().width(), defaults.size().height())) {
            assertTrue(side >= 64 && side <= 4096, "side " + side);
        }
    }
}
