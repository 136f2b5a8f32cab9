package dev.atelier.gateway.registry;

import dev.atelier.gateway.registry.Choice.Rejection;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Finds models that two plugins declare. */
final class Conflicts {
    private Conflicts() {}

    /**
     * Returns the rejection of a plugin whose model is taken.
     *
     * @param generation what is to be added
     * @param others what is there
     */
    static Optional<Rejection> find(StartedGeneration generation, List<StartedGeneration> others, Choice choice) {
        List<Route> taken = new ArrayList<>();
        others.forEach(other -> taken.addAll(other.routes()));
        for (Route route : generation.routes()) {
            for (Route other : taken) {
                if (other.descriptor().modelId().equals(route.descriptor().modelId())) {
                    return rejection(route, other, choice);
                }
            }
            taken.add(route);
        }
        return Optional.empty();
    }

    private static Optional<Rejection> rejection(Route second, Route first, Choice choice) {
        String reason =
                "model '" + second.descriptor().modelId() + "' is declared by plugin " + first.pluginId() + " already";
        PluginCandidate inTheWay = choice.taken().get(first.pluginId());
        return Optional.ofNullable(choice.taken().get(second.pluginId()))
                .map(candidate -> choice.rejection(candidate, reason, inTheWay == null ? null : inTheWay.sha256()));
    }
}
