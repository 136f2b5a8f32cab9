package dev.atelier.gateway.registry;

import dev.atelier.gateway.registry.PluginStatus.State;
import dev.atelier.plugin.PipelineDescriptor;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What became of each plugin, and where models are routed to. Safe from any thread; reading costs nothing. */
final class PluginStates {
    private final Map<String, OpenFailure> openFailures = new HashMap<>();
    private final Map<String, List<PipelineDescriptor>> known = new HashMap<>();
    private final Set<String> gone = new HashSet<>();
    private Map<String, PluginStatus> shown = new TreeMap<>();
    private List<StartedGeneration> generations = List.of();
    private volatile Snapshot snapshot = new Snapshot(List.of(), List.of());

    private record Snapshot(List<PluginStatus> statuses, List<Route> routes) {}

    private record OpenFailure(StartedGeneration generation, String reason) {}

    /**
     * Starts without plugins.
     *
     * @param known what the models of plugins are that do not serve
     */
    PluginStates(Map<String, List<PipelineDescriptor>> known) {
        this.known.putAll(known);
    }

    List<PluginStatus> statuses() {
        return snapshot.statuses();
    }

    List<Route> routes() {
        return snapshot.routes();
    }

    synchronized Set<String> takeGone() {
        Set<String> taken = Set.copyOf(gone);
        gone.clear();
        return taken;
    }

    /** Shows what serves from now on and what does not; returns whether that is anything new. */
    synchronized boolean show(Lineup.Result result, PluginFolder folder, Set<String> disabled) {
        Set<String> before = modelIds(generations);
        generations = result.generations();
        Set<String> now = modelIds(generations);
        gone.addAll(before);
        gone.removeAll(now);
        openFailures.values().removeIf(failure -> !generations.contains(failure.generation()));
        Map<String, PluginStatus> next = new TreeMap<>();
        for (StartedGeneration generation : generations) {
            for (PluginCandidate member : generation.members()) {
                next.put(member.id(), started(member, generation, result, folder));
            }
        }
        folder.candidates().stream()
                .sorted(Comparator.comparing(PluginCandidate::version, Versions::compare)
                        .reversed())
                .forEach(offered -> next.computeIfAbsent(
                        offered.id(), id -> left(offered, disabled.contains(id), result.choice())));
        folder.problems().forEach(problem -> next.put(problem.zip(), problem(problem)));
        return publish(next);
    }

    /** A model did not open. */
    synchronized void fail(Route route, String reason) {
        PluginStatus status = shown.get(route.pluginId());
        if (status == null || !generations.contains(route.generation())) {
            return;
        }
        openFailures.put(route.pluginId(), new OpenFailure(route.generation(), reason));
        Map<String, PluginStatus> next = new TreeMap<>(shown);
        next.put(route.pluginId(), failed(status.id(), status.version(), reason));
        publish(next);
    }

    synchronized void clear() {
        generations = List.of();
        known.clear();
        openFailures.clear();
        publish(new TreeMap<>());
    }

    private PluginStatus started(
            PluginCandidate member, StartedGeneration generation, Lineup.Result result, PluginFolder folder) {
        List<Route> routes = generation.routes(member.id());
        known.put(member.id(), routes.stream().map(Route::descriptor).toList());
        OpenFailure failure = openFailures.get(member.id());
        if (failure != null) {
            return failed(member.id(), member.version(), failure.reason());
        }
        String reason = result.notes().getOrDefault(member.id(), notTaken(member, result.choice(), folder));
        return status(member.id(), member.version(), State.STARTED, routes, reason);
    }

    private static @Nullable String notTaken(PluginCandidate member, Choice choice, PluginFolder folder) {
        return folder.candidates().stream()
                .filter(other ->
                        other.id().equals(member.id()) && !other.sha256().equals(member.sha256()))
                .flatMap(other ->
                        choice
                                .reason(other)
                                .map(why -> "version " + other.version() + " was not taken: " + why)
                                .stream())
                .findFirst()
                .orElse(null);
    }

    private PluginStatus left(PluginCandidate offered, boolean disabled, Choice choice) {
        return disabled
                ? status(offered.id(), offered.version(), State.DISABLED, List.of(), null)
                : failed(offered.id(), offered.version(), choice.reason(offered).orElse("it cannot be loaded"));
    }

    private PluginStatus problem(PluginFolder.Problem problem) {
        return status(problem.zip(), "", problem.whole() ? State.FAILED : State.WAITING, List.of(), problem.reason());
    }

    private PluginStatus failed(String id, String version, String reason) {
        return status(id, version, State.FAILED, List.of(), reason);
    }

    private PluginStatus status(String id, String version, State state, List<Route> routes, @Nullable String reason) {
        return new PluginStatus(
                id,
                version,
                state,
                routes.stream().map(Route::plugin).toList(),
                known.getOrDefault(id, List.of()),
                reason,
                Instant.now());
    }

    private boolean publish(Map<String, PluginStatus> next) {
        next.replaceAll((id, status) -> status.after(shown.get(id)));
        known.keySet().retainAll(next.keySet());
        boolean changed = !next.equals(shown);
        shown = next;
        List<Route> routes = new ArrayList<>();
        generations.forEach(generation -> routes.addAll(generation.routes()));
        routes.removeIf(route -> openFailures.containsKey(route.pluginId()));
        snapshot = new Snapshot(List.copyOf(next.values()), List.copyOf(routes));
        return changed;
    }

    private static Set<String> modelIds(List<StartedGeneration> generations) {
        return generations.stream()
                .flatMap(generation -> generation.routes().stream())
                .map(route -> route.descriptor().modelId())
                .collect(Collectors.toSet());
    }
}
