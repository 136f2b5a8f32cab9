package dev.atelier.gateway.registry;

import dev.atelier.gateway.registry.PluginCandidate.Refusal;
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
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Which plugins are to be loaded: of each the newest version that is offered, fits the others, and has not been
 * rejected. Where that leaves nothing, what is loaded now stays, so that a bad upgrade harms nobody.
 */
final class Choice {
    private final Offer offer;
    private final Map<String, PluginCandidate> taken = new TreeMap<>();
    private final Map<String, String> excluded = new HashMap<>();

    /**
     * What there is to choose from.
     *
     * @param candidates all that are offered
     * @param disabled the ids that are switched off
     * @param active what is loaded now, by id
     * @param rejections what was tried and did not work
     * @param apiVersion the version of plugin-api
     */
    record Offer(
            Collection<PluginCandidate> candidates,
            Set<String> disabled,
            Map<String, PluginCandidate> active,
            List<Rejection> rejections,
            String apiVersion) {}

    /**
     * A candidate that did not work.
     *
     * @param pluginId the plugin's id
     * @param sha256 which of its zips
     * @param circumstances the hashes of all that it builds on
     * @param reason for people
     * @param inTheWay the hash of the plugin that it cannot stand beside; null when it cannot stand at all
     */
    record Rejection(
            String pluginId,
            String sha256,
            Set<String> circumstances,
            String reason,
            @Nullable String inTheWay) {}

    private Choice(Offer offer) {
        this.offer = offer;
    }

    /** Chooses. */
    static Choice of(Offer offer) {
        Choice choice = new Choice(offer);
        Set<String> ids = new TreeSet<>();
        offer.candidates().forEach(candidate -> ids.add(candidate.id()));
        ids.removeAll(offer.disabled());
        ids.forEach(choice::takeNext);
        // one exclusion can be the reason for the next, so it goes on until none follows
        while (choice.excludeOne()) {}
        return choice;
    }

    /** Returns what is to be loaded, by id. */
    Map<String, PluginCandidate> taken() {
        return taken;
    }

    /** Returns why not a candidate; empty when nothing speaks against it. */
    Optional<String> reason(PluginCandidate candidate) {
        return Optional.ofNullable(excluded.get(candidate.sha256()));
    }

    /** Returns the memory that a chosen candidate did not work beside these others. */
    Rejection rejection(PluginCandidate candidate, String reason, @Nullable String inTheWay) {
        return new Rejection(candidate.id(), candidate.sha256(), circumstances(candidate), reason, inTheWay);
    }

    /** Returns the hashes of all that a candidate builds on, directly or not, as chosen. */
    private Set<String> circumstances(PluginCandidate candidate) {
        return below(candidate).stream().map(PluginCandidate::sha256).collect(Collectors.toSet());
    }

    /** Returns the candidates that would replace what a candidate builds on now. */
    List<PluginCandidate> changedBelow(PluginCandidate candidate) {
        return below(candidate).stream().filter(other -> !isActive(other)).toList();
    }

    /** Tells whether this very zip is loaded now. */
    boolean isActive(PluginCandidate candidate) {
        PluginCandidate active = offer.active().get(candidate.id());
        return active != null && active.sha256().equals(candidate.sha256());
    }

    /** Tells whether any version of this plugin is loaded now. */
    boolean isLoaded(PluginCandidate candidate) {
        return offer.active().containsKey(candidate.id());
    }

    private Set<PluginCandidate> below(PluginCandidate candidate) {
        Set<PluginCandidate> below = new HashSet<>();
        List<String> open = new ArrayList<>(candidate.dependencyIds());
        while (!open.isEmpty()) {
            PluginCandidate next = taken.get(open.remove(0));
            if (next != null && below.add(next)) {
                open.addAll(next.dependencyIds());
            }
        }
        return below;
    }

    private void takeNext(String id) {
        taken.remove(id);
        offer.candidates().stream()
                .filter(candidate -> candidate.id().equals(id))
                .filter(candidate -> reason(candidate).isEmpty())
                .max(Comparator.comparing(PluginCandidate::version, Versions::compare)
                        .thenComparing(this::isActive))
                .or(() -> Optional.ofNullable(offer.active().get(id))
                        .filter(active -> reason(active).isEmpty()))
                .ifPresent(candidate -> taken.put(id, candidate));
    }

    private boolean excludeOne() {
        for (PluginCandidate candidate : List.copyOf(taken.values())) {
            Optional<String> rejected = rejected(candidate);
            if (rejected.isPresent()) {
                exclude(candidate, rejected.get());
                return true;
            }
            Optional<Refusal> refusal = candidate.refusal(taken, offer.apiVersion());
            if (refusal.isPresent()) {
                blame(candidate, refusal.get());
                return true;
            }
        }
        return false;
    }

    private Optional<String> rejected(PluginCandidate candidate) {
        Set<String> chosen =
                taken.values().stream().map(PluginCandidate::sha256).collect(Collectors.toSet());
        return offer.rejections().stream()
                .filter(rejection -> rejection.sha256().equals(candidate.sha256()))
                .filter(rejection -> rejection.circumstances().equals(circumstances(candidate)))
                .filter(rejection -> rejection.inTheWay() == null || chosen.contains(rejection.inTheWay()))
                .map(Rejection::reason)
                .findFirst();
    }

    // What works now is not to be broken by a new version of what it builds on; that one has to wait.
    private void blame(PluginCandidate candidate, Refusal refusal) {
        PluginCandidate below = refusal.dependency() == null ? null : taken.get(refusal.dependency());
        if (below != null
                && isActive(candidate)
                && !isActive(below)
                && offer.active().containsKey(below.id())) {
            exclude(
                    below,
                    "plugin " + candidate.id() + " " + candidate.version() + " cannot go with it: " + refusal.reason());
        } else {
            exclude(candidate, refusal.reason());
        }
    }

    private void exclude(PluginCandidate candidate, String reason) {
        excluded.put(candidate.sha256(), reason);
        takeNext(candidate.id());
    }
}
