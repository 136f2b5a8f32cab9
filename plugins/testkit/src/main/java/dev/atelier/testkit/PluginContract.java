package dev.atelier.testkit;

import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;

/** All that the gateway relies on when it loads a plugin. */
public final class PluginContract {
    private PluginContract() {}

    /** Returns the tests of one plugin; each opens its own pipelines and closes them. */
    public static Stream<DynamicTest> of(PluginSubject subject) {
        return Stream.of(
                        new DescriptorContract(subject).tests(),
                        new DrawingContract(subject).tests(),
                        new CancellationContract(subject).tests(),
                        new LifecycleContract(subject).tests(),
                        new AdapterContract(subject).tests())
                .flatMap(tests -> tests);
    }
}
