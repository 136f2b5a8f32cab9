package dev.atelier.zimage.adapter;

import dev.atelier.plugin.AdapterReport;
import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import dev.atelier.zimage.adapter.AdapterKey.Part;
import dev.atelier.zimage.checkpoint.Safetensors;
import dev.atelier.zimage.checkpoint.TensorEntry;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** The tensors of an adapter file sorted by the modules that they change, judged by their names alone. */
final class AdapterContents {
    /**
     * One module's tensors.
     *
     * @param down A of B(A x)
     * @param up B of B(A x)
     * @param alpha the scale times the rank, empty when the file gives none
     */
    record Pair(TensorEntry down, TensorEntry up, Optional<TensorEntry> alpha) {
        /** Returns the rank as A declares it; 0 where A is no matrix. */
        int rank() {
            return down.shape().isEmpty()
                    ? 0
                    : Math.toIntExact(Math.min(down.shape().get(0), Integer.MAX_VALUE));
        }

        private Stream<TensorEntry> tensors() {
            return Stream.concat(Stream.of(down, up), alpha.stream());
        }
    }

    private final String name;
    private final Map<String, Map<Part, TensorEntry>> parts = new LinkedHashMap<>();
    private final Map<String, Pair> pairs = new LinkedHashMap<>();
    private final List<String> unmatched = new ArrayList<>();
    private final SortedSet<String> otherAlgorithms = new TreeSet<>();
    private final SortedSet<String> forms = new TreeSet<>();
    private final Map<String, String> metadata;

    private AdapterContents(String name, Map<String, String> metadata) {
        this.name = name;
        this.metadata = metadata;
    }

    /**
     * Sorts a file's tensors.
     *
     * @param name what messages call the file
     * @param aliases see {@link AdapterKey#parse}
     * @param isModule see {@link AdapterKey#parse}
     */
    static AdapterContents of(Safetensors file, String name, Map<String, String> aliases, Predicate<String> isModule) {
        AdapterContents contents = new AdapterContents(name, file.metadata());
        for (TensorEntry tensor : file.tensors().values()) {
            AdapterKey.parse(tensor.name(), aliases, isModule)
                    .ifPresentOrElse(key -> contents.add(key, tensor), () -> contents.unmatched.add(tensor.name()));
        }
        contents.parts.forEach(contents::pair);
        return contents;
    }

    /** Returns the pairs by module, in the order of the file. */
    Map<String, Pair> pairs() {
        return pairs;
    }

    /** Returns the tensors that fit nothing. */
    List<String> unmatched() {
        return unmatched;
    }

    /** Returns the algorithms met that are not computed here, in alphabetical order. */
    SortedSet<String> otherAlgorithms() {
        return otherAlgorithms;
    }

    /** Returns what the file holds, under a name. */
    AdapterReport report(String reportName, double multiplier) {
        List<TensorEntry> matched =
                pairs.values().stream().flatMap(Pair::tensors).toList();
        return new AdapterReport(
                reportName,
                multiplier,
                String.join(", ", forms),
                pairs.values().stream().map(Pair::rank).distinct().sorted().toList(),
                List.of(),
                matched.stream()
                        .map(tensor -> tensor.dtype().name())
                        .distinct()
                        .sorted()
                        .toList(),
                pairs.size(),
                matched.size(),
                AdapterReport.Keys.NONE,
                AdapterReport.Keys.of(unmatched),
                metadata);
    }

    private void add(AdapterKey key, TensorEntry tensor) {
        forms.add(key.form());
        if (key.part() == Part.OTHER) {
            otherAlgorithms.add(key.algorithm());
            unmatched.add(tensor.name());
            return;
        }
        TensorEntry before = parts.computeIfAbsent(key.module(), module -> new EnumMap<>(Part.class))
                .put(key.part(), tensor);
        if (before != null) {
            throw invalid(key.module(), "is adapted twice, by " + before.name() + " and by " + tensor.name());
        }
    }

    private void pair(String module, Map<Part, TensorEntry> tensors) {
        TensorEntry down = tensors.get(Part.DOWN);
        TensorEntry up = tensors.get(Part.UP);
        if (down != null && up != null) {
            pairs.put(module, new Pair(down, up, Optional.ofNullable(tensors.get(Part.ALPHA))));
        } else if (down != null) {
            throw invalid(module, "has " + down.name() + " without its other half (lora_B or lora_up)");
        } else if (up != null) {
            throw invalid(module, "has " + up.name() + " without its other half (lora_A or lora_down)");
        } else {
            tensors.values().forEach(tensor -> unmatched.add(tensor.name()));
        }
    }

    private PipelineException invalid(String module, String what) {
        return new PipelineException(ErrorCode.LORA_INVALID, name + ": module " + module + " " + what);
    }
}
