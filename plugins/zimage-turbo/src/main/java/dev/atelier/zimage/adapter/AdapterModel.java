package dev.atelier.zimage.adapter;

import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;

/** What adapters may change in a model: its weights by name, with their shapes as far as these are known. Immutable. */
public final class AdapterModel {
    private static final Pattern NUMBER = Pattern.compile("(?<=\\.)\\d{1,9}(?=\\.)");

    private final String id;
    private final int width;
    private final boolean sized;
    private final Map<Integer, String> alike;
    private final Map<String, Target> targets = new HashMap<>();
    private final ModuleNames names;

    private AdapterModel(
            String id,
            int width,
            boolean sized,
            Map<Integer, String> alike,
            Collection<Target> targets,
            Spellings spellings) {
        this.id = id;
        this.width = width;
        this.sized = sized;
        this.alike = Map.copyOf(alike);
        targets.forEach(target -> this.targets.put(target.name(), target));
        this.names = new ModuleNames(this.targets.keySet(), spellings);
    }

    /**
     * Returns a model whose every shape is known.
     *
     * @param id what messages call it
     * @param width features of a token between its blocks; 0 when it has no such number
     * @param targets the weights that an adapter may change
     * @param spellings how files may call them
     */
    public static AdapterModel ofKnownSize(String id, int width, List<Target> targets, Spellings spellings) {
        return new AdapterModel(id, width, true, Map.of(), targets, spellings);
    }

    /**
     * Returns a model whose dimensions and number of blocks are not known here. Its adapters are held against
     * themselves.
     *
     * @param width of the published models
     * @param targets the weights in the published shapes; a {@code #} in a name stands for any number
     * @param alike other models that call their modules alike, by their width
     */
    public static AdapterModel ofAnySize(
            String id, int width, List<Target> targets, Spellings spellings, Map<Integer, String> alike) {
        return new AdapterModel(id, width, false, alike, targets, spellings);
    }

    /** Returns what messages call it. */
    String id() {
        return id;
    }

    /** Returns its width; 0 when it has no such number. */
    int width() {
        return width;
    }

    /** Says whether every shape is known. */
    boolean isSized() {
        return sized;
    }

    /** Returns the other model that a width tells of, which no adapter of this one has; empty when it tells of none. */
    Optional<String> otherOfWidth(int other) {
        return Optional.ofNullable(alike.get(other));
    }

    /** Returns how files call its modules. */
    ModuleNames names() {
        return names;
    }

    /** Returns the weight of a module that a file names. */
    Target target(String module) {
        Target own = targets.get(module);
        if (own == null && !sized) {
            own = targets.get(NUMBER.matcher(module).replaceFirst("#"));
        }
        return Objects.requireNonNull(own, module);
    }

    /** Returns the weight that tensors are held against: the model's, or where no shape is known, their own. */
    Target targetOf(ModuleTensors tensors) {
        Target target = target(tensors.module());
        if (sized) {
            return target;
        }
        return new Target(tensors.module(), tensors.out(), tensors.in(), target.biased(), target.kind());
    }

    /** Returns the width of the model that an adapter was trained for, where all of its modules tell the same one. */
    Optional<Integer> trainedWidth(Collection<ModuleTensors> modules) {
        List<Integer> told = modules.stream()
                .flatMap(tensors -> width(tensors).stream())
                .distinct()
                .limit(2)
                .toList();
        return told.size() == 1 ? Optional.of(told.get(0)) : Optional.empty();
    }

    private Optional<Integer> width(ModuleTensors tensors) {
        Target target = target(tensors.module());
        if (target.kind() != Target.Kind.LINEAR || tensors.algorithm() == ModuleTensors.Algorithm.NONE) {
            return Optional.empty();
        }
        if (target.in() == width) {
            return Optional.of(tensors.in());
        }
        return target.out() == width ? Optional.of(tensors.out()) : Optional.empty();
    }
}
