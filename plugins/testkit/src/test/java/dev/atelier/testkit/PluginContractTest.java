package dev.atelier.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.atelier.plugin.GenerationPlan;
import dev.atelier.plugin.ImageSize;
import dev.atelier.plugin.Profile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class PluginContractTest {
    @TempDir
    Path folder;

    private PluginSubject subject(@Nullable Fault fault) throws IOException {
        PaintedPipeline.forgetDisturbances();
        return new PluginSubject(
                () -> new PaintedModel(fault),
                () -> TestContext.onCpu(Map.of("colours", folder)),
                new GenerationPlan("p", "", new ImageSize(64, 64), "Default", 3, 1, 42, Profile.REFERENCE),
                Optional.of(Files.writeString(folder.resolve("a.safetensors"), "painted red")),
                Optional.of(Files.writeString(folder.resolve("b.safetensors"), "foreign")));
    }

    @TestFactory
    Stream<DynamicTest> isKeptByAModelWithoutFaults() throws IOException {
        return PluginContract.of(subject(null));
    }

    @ParameterizedTest
    @EnumSource
    void findsEachFault(Fault fault) throws IOException {
        DynamicTest test = PluginContract.of(subject(fault))
                .filter(candidate -> candidate.getDisplayName().equals(fault.test()))
                .findFirst()
                .orElseThrow();

        assertThrows(Throwable.class, test.getExecutable());
    }

    @Test
    void hasAFaultForEachTest() throws IOException {
        List<String> tests = PluginContract.of(subject(null))
                .map(DynamicTest::getDisplayName)
                .sorted()
                .toList();

        assertEquals(Arrays.stream(Fault.values()).map(Fault::test).sorted().collect(Collectors.toList()), tests);
    }

    @Test
    void wantsAPlanThatCanBeStoppedInTheMiddle() throws IOException {
        PluginSubject subject = subject(null);
        GenerationPlan single =
                new GenerationPlan("p", "", new ImageSize(64, 64), "Default", 1, 1, 42, Profile.REFERENCE);

        assertThrows(
                IllegalArgumentException.class,
                () -> new PluginSubject(
                        subject.plugin(), subject.context(), single, Optional.empty(), Optional.empty()));
    }
}
