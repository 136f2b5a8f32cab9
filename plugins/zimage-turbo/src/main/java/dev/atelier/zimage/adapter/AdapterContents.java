package dev.atelier.zimage.adapter;

import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import dev.atelier.zimage.checkpoint.Safetensors;
import dev.atelier.zimage.checkpoint.TensorEntry;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

/** The tensors of an adapter file sorted by the modules that they change, judged by their names alone. */
final class AdapterContents {
    private final String name;
    private final Map<String, ModuleTensors> modules = new LinkedHashMap<>();
    private final List<String> partlyMatched = new ArrayList<>();
    private final List<String> unmatched = new ArrayList<>();
    private final SortedSet<String> foreign = new TreeSet<>();
    private final Set<String> foreignModules = new HashSet<>();

    private AdapterContents(String name) {
        this.name = name;
    }

    /**
     * Sorts a file's tensors.
     *
     * @param name what messages call the file
     * @throws PipelineException {@link ErrorCode#LORA_INVALID} when a module's tensors contradict each other or are not
     *     complete
     */
    static AdapterContents of(Safetensors file, String name, ModuleNames names) {
        AdapterContents contents = new AdapterContents(name);
        Map<TensorEntry, AdapterKey> substitutes = new LinkedHashMap<>();
        Gathered gathered = new Gathered(name);
        for (TensorEntry tensor : file.tensors().values()) {
            AdapterKey key = AdapterKey.parse(tensor.name(), names).orElse(null);
            if (key == null) {
                contents.unmatched.add(tensor.name());
            } else if (key.part() == Part.OTHER) {
                contents.foreign.add(key.foreign());
                contents.foreignModules.addAll(key.named().modules());
                contents.unmatched.add(tensor.name());
            } else if (!key.named().substitute()) {
                gathered.add(key.named().modules().get(0), key, new Piece(tensor, 0, 1));
            } else {
                substitutes.put(tensor, key);
            }
        }
        contents.substitute(substitutes, gathered);
        gathered.modules().forEach(contents::keep);
        return contents;
    }

    /** Returns what is to be changed by module, in the order of the file. */
    Map<String, ModuleTensors> modules() {
        return modules;
    }

    /** Returns the tensors that name a module but add nothing. */
    List<String> partlyMatched() {
        return partlyMatched;
    }

    /** Returns the tensors that fit nothing. */
    List<String> unmatched() {
        return unmatched;
    }

    /** Returns the algorithms met that are not computed here, in alphabetical order. */
    SortedSet<String> foreign() {
        return foreign;
    }

    /** Where a file names one of the modules itself, what stands for it is its double. */
    private void substitute(Map<TensorEntry, AdapterKey> substitutes, Gathered gathered) {
        Set<String> direct = Set.copyOf(gathered.modules().keySet());
        substitutes.forEach((tensor, key) -> {
            List<String> shared = key.named().modules();
            if (shared.stream().anyMatch(direct::contains)) {
                partlyMatched.add(tensor.name());
                return;
            }
            for (int i = 0; i < shared.size(); i++) {
                gathered.add(shared.get(i), key, new Piece(tensor, i, shared.size()));
            }
        });
    }

    private void keep(String module, ModuleTensors tensors) {
        // Beside another algorithm's tensors nothing is complete, and it is the algorithm that has to be named.
        if (!foreignModules.contains(module)) {
            tensors.check(name);
        }
        if (tensors.changes()) {
            modules.put(module, tensors);
        } else {
            tensors.pieces().values().forEach(piece -> partlyMatched.add(piece.name()));
        }
    }

    /** The tensors by module as they are met. */
    private static final class Gathered {
        private final String name;
        private final Map<String, ModuleTensors> modules = new LinkedHashMap<>();

        Gathered(String name) {
            this.name = name;
        }

        Map<String, ModuleTensors> modules() {
            return modules;
        }

        void add(String module, AdapterKey key, Piece piece) {
            Map<Part, Piece> pieces = new EnumMap<>(Part.class);
            ModuleTensors before = modules.get(module);
            if (before != null) {
                pieces.putAll(before.pieces());
            }
            Piece other = pieces.put(key.part(), piece);
            if (other != null) {
                throw new PipelineException(
                        ErrorCode.LORA_INVALID,
                        name + ": module " + module + " is adapted twice, by " + other.name() + " and by "
                                + piece.name());
            }
            modules.put(
                    module,
                    before == null
                            ? new ModuleTensors(module, key.spelled(), key.writer(), pieces)
                            : new ModuleTensors(module, before.spelled(), before.writer(), pieces));
        }
    }
}
