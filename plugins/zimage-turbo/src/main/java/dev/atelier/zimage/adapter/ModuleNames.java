package dev.atelier.zimage.adapter;

import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Finds a model's modules by every spelling. Dots and underscores are one: {@code layers_0_attention_to_q} and
 * {@code layers.0.attention.to.q} are {@code layers.0.attention.to_q}, whatever trainer flattened or split the name.
 * Immutable.
 */
public final class ModuleNames {
    /**
     * What a spelling means.
     *
     * @param modules one name, or those that share the tensor's rows in equal parts
     * @param substitute whether it counts only where the modules are not named themselves
     */
    record Named(List<String> modules, boolean substitute) {
        /** Copies the names. */
        Named {
            modules = List.copyOf(modules);
        }

        private Named numbered(String number) {
            return new Named(
                    modules.stream().map(name -> name.replace(NUMBER, number)).toList(), substitute);
        }
    }

    /** Stands for any number in a name. */
    private static final String NUMBER = "#";

    private static final Pattern DIGITS = Pattern.compile("(?<=_)\\d{1,9}(?=_)");

    private final Map<String, Named> byFlatName = new HashMap<>();
    private final boolean numbered;

    /**
     * Collects the spellings of some modules.
     *
     * @param names the modules'; a {@code #} stands for any number
     * @param spellings what else they may be called
     * @throws IllegalArgumentException when two modules share a spelling
     */
    public ModuleNames(Collection<String> names, Spellings spellings) {
        numbered = names.stream().anyMatch(name -> name.contains(NUMBER));
        for (String name : names) {
            add(name, new Named(List.of(name), false));
            spellings.beginnings().forEach((spelled, own) -> {
                if (name.equals(own) || name.startsWith(own + ".")) {
                    add(spelled + name.substring(own.length()), new Named(List.of(name), false));
                }
            });
            spellings.substitutes().forEach((spelled, own) -> {
                String first = own.get(0);
                if (name.endsWith("." + first)) {
                    String stem = name.substring(0, name.length() - first.length());
                    List<String> all = own.stream().map(stem::concat).toList();
                    if (names.containsAll(all)) {
                        add(stem + spelled, new Named(all, true));
                    }
                }
            });
        }
    }

    /** Returns what a spelling means, empty when the model has no such module. */
    Optional<Named> find(String spelled) {
        String flat = flat(spelled);
        Named exact = byFlatName.get(flat);
        if (exact != null || !numbered) {
            return Optional.ofNullable(exact);
        }
        Matcher digits = DIGITS.matcher(flat);
        while (digits.find()) {
            Named any = byFlatName.get(flat.substring(0, digits.start()) + NUMBER + flat.substring(digits.end()));
            if (any != null) {
                return Optional.of(any.numbered(digits.group()));
            }
        }
        return Optional.empty();
    }

    private void add(String spelled, Named named) {
        Named before = byFlatName.putIfAbsent(flat(spelled), named);
        if (before != null && !before.equals(named)) {
            throw new IllegalArgumentException(spelled + " means both " + before.modules() + " and " + named.modules());
        }
    }

    /** Returns a spelling with underscores for all that divides it. */
    static String flat(String name) {
        return name.replace('.', '_').replace('-', '_');
    }
}
