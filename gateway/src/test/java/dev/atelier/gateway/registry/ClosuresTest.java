package dev.atelier.gateway.registry;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ClosuresTest {
    @Test
    void groupsWhatDependsOnEachOther() {
        Map<String, Set<String>> dependencies = Map.of(
                "a", Set.of(),
                "b", Set.of("a"),
                "c", Set.of("b", "elsewhere"),
                "d", Set.of(),
                "e", Set.of("f"),
                "f", Set.of("e"));

        assertEquals(List.of(Set.of("a", "b", "c"), Set.of("d"), Set.of("e", "f")), Closures.of(dependencies));
    }
}
