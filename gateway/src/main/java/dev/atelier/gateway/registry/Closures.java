package dev.atelier.gateway.registry;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Groups plugins that depend on each other, directly or not: these are loaded and exchanged together. */
final class Closures {
    private Closures() {}

    /**
     * Returns the groups, each in the order of its ids.
     *
     * @param dependencies the ids that each plugin depends on; ids that are no key are left out
     */
    static List<Set<String>> of(Map<String, Set<String>> dependencies) {
        Map<String, Set<String>> neighbours = neighbours(dependencies);
        List<Set<String>> closures = new ArrayList<>();
        Set<String> left = new TreeSet<>(dependencies.keySet());
        while (!left.isEmpty()) {
            Set<String> closure = reachable(left.iterator().next(), neighbours);
            left.removeAll(closure);
            closures.add(closure);
        }
        return closures;
    }

    private static Map<String, Set<String>> neighbours(Map<String, Set<String>> dependencies) {
        Map<String, Set<String>> neighbours = new HashMap<>();
        dependencies.forEach((id, others) -> others.stream()
                .filter(dependencies::containsKey)
                .forEach(other -> {
                    neighbours.computeIfAbsent(id, key -> new TreeSet<>()).add(other);
                    neighbours.computeIfAbsent(other, key -> new TreeSet<>()).add(id);
                }));
        return neighbours;
    }

    private static Set<String> reachable(String start, Map<String, Set<String>> neighbours) {
        Set<String> reached = new TreeSet<>();
        Deque<String> open = new ArrayDeque<>(List.of(start));
        while (!open.isEmpty()) {
            String id = open.pop();
            if (reached.add(id)) {
                open.addAll(neighbours.getOrDefault(id, Set.of()));
            }
        }
        return reached;
    }
}
