package dev.atelier.gateway.registry;

import dev.atelier.gateway.registry.Choice.Rejection;
import dev.atelier.gateway.registry.StartedGeneration.Failure;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings the chosen plugins up, beside those that serve. Where one does not start, it is remembered, and the next best
 * choice is tried, until one holds. Used by one thread at a time.
 */
final class Lineup {
    private static final Logger LOG = LoggerFactory.getLogger(Lineup.class);

    private final StartedGeneration.Rules rules;
    private final List<Rejection> rejections = new ArrayList<>();

    Lineup(StartedGeneration.Rules rules) {
        this.rules = rules;
    }

    /**
     * What holds.
     *
     * @param choice what was chosen
     * @param generations all that serve from now on, some of them as before
     * @param notes why plugins were not reloaded, by id
     */
    record Result(Choice choice, List<StartedGeneration> generations, Map<String, String> notes) {}

    /** What one call works on. */
    private record Round(
            Choice choice,
            List<StartedGeneration> active,
            Set<String> reloading,
            Map<Set<String>, StartedGeneration> prepared,
            Map<String, String> notes) {
        Optional<StartedGeneration> kept(List<PluginCandidate> closure) {
            if (closure.stream().map(PluginCandidate::id).anyMatch(reloading::contains)) {
                return Optional.empty();
            }
            Set<String> wanted = hashes(closure);
            return active.stream()
                    .filter(generation -> hashes(generation.members()).equals(wanted))
                    .findFirst();
        }
    }

    /**
     * Starts what is chosen and does not serve yet. Blocks.
     *
     * @param active what serves now
     * @param reloading the ids whose generations are made anew
     */
    Result settle(
            Collection<PluginCandidate> candidates,
            Set<String> disabled,
            List<StartedGeneration> active,
            Set<String> reloading) {
        Map<String, PluginCandidate> loaded = new HashMap<>();
        active.forEach(generation -> generation.members().forEach(member -> loaded.put(member.id(), member)));
        Set<String> known = hashes(candidates);
        rejections.removeIf(rejection -> !known.contains(rejection.sha256()));
        Map<Set<String>, StartedGeneration> prepared = new HashMap<>();
        Set<String> left = new HashSet<>(reloading);
        Map<String, String> notes = new TreeMap<>();
        while (true) {
            Choice choice = Choice.of(new Choice.Offer(candidates, disabled, loaded, rejections, rules.apiVersion()));
            Optional<List<StartedGeneration>> next = start(new Round(choice, active, left, prepared, notes));
            if (next.isPresent()) {
                prepared.values().stream()
                        .filter(generation -> !next.get().contains(generation))
                        .forEach(StartedGeneration::retire);
                return new Result(choice, next.get(), notes);
            }
        }
    }

    /** Gives what was rejected of a plugin another chance. */
    void forgive(String pluginId) {
        rejections.removeIf(rejection -> rejection.pluginId().equals(pluginId));
    }

    /** Returns empty when something did not start: the choice is another then. */
    private Optional<List<StartedGeneration>> start(Round round) {
        List<StartedGeneration> next = new ArrayList<>();
        for (List<PluginCandidate> closure : closures(round)) {
            Optional<StartedGeneration> generation = start(closure, round);
            Optional<Rejection> second = generation.flatMap(started -> Conflicts.find(started, next, round.choice()));
            second.ifPresent(this::reject);
            if (generation.isEmpty() || second.isPresent()) {
                return Optional.empty();
            }
            next.add(generation.get());
        }
        return Optional.of(next);
    }

    private Optional<StartedGeneration> start(List<PluginCandidate> closure, Round round) {
        Optional<StartedGeneration> present = round.kept(closure)
                .or(() -> Optional.ofNullable(round.prepared().get(hashes(closure))));
        if (present.isPresent()) {
            return present;
        }
        try {
            StartedGeneration started = StartedGeneration.start(closure, rules);
            round.prepared().put(hashes(closure), started);
            closure.forEach(plugin -> LOG.info("plugin {} {} started", plugin.id(), plugin.version()));
            return Optional.of(started);
        } catch (Failure e) {
            e.blamed().forEach(plugin -> blame(plugin, String.valueOf(e.getMessage()), closure, round));
            return Optional.empty();
        }
    }

    /** Returns what is loaded together. What serves comes first, because it is right against what is new. */
    private static List<List<PluginCandidate>> closures(Round round) {
        Map<String, PluginCandidate> taken = round.choice().taken();
        Map<String, Set<String>> dependencies = new TreeMap<>();
        taken.forEach((id, candidate) -> dependencies.put(id, candidate.dependencyIds()));
        List<List<PluginCandidate>> closures = new ArrayList<>();
        for (Set<String> ids : Closures.of(dependencies)) {
            closures.add(taken.values().stream()
                    .filter(candidate -> ids.contains(candidate.id()))
                    .toList());
        }
        closures.sort(Comparator.<List<PluginCandidate>, Boolean>comparing(
                        closure -> round.kept(closure).isEmpty())
                .thenComparing(closure -> closure.stream().noneMatch(round.choice()::isLoaded)));
        return closures;
    }

    // What serves now did start: when it does not beside something new, the new one is at fault.
    private void blame(PluginCandidate plugin, String reason, List<PluginCandidate> closure, Round round) {
        Choice choice = round.choice();
        List<PluginCandidate> others = choice.changedBelow(plugin).isEmpty()
                ? closure.stream().filter(other -> !choice.isActive(other)).toList()
                : choice.changedBelow(plugin);
        if (!choice.isActive(plugin)) {
            reject(choice.rejection(plugin, reason, null));
        } else if (!others.isEmpty()) {
            String because = "plugin " + plugin.id() + " " + plugin.version() + " does not start with it: " + reason;
            others.forEach(other -> reject(choice.rejection(other, because, null)));
        } else if (closure.stream().anyMatch(other -> round.reloading().remove(other.id()))) {
            LOG.error("plugin {} {} could not be reloaded and serves on: {}", plugin.id(), plugin.version(), reason);
            round.notes().put(plugin.id(), "it could not be reloaded: " + reason);
        } else {
            reject(choice.rejection(plugin, reason, null));
        }
    }

    private void reject(Rejection rejection) {
        LOG.error("plugin {} failed: {}", rejection.pluginId(), rejection.reason());
        rejections.add(rejection);
    }

    private static Set<String> hashes(Collection<PluginCandidate> candidates) {
        return candidates.stream().map(PluginCandidate::sha256).collect(Collectors.toSet());
    }
}
