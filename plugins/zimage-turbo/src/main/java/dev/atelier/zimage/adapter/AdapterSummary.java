package dev.atelier.zimage.adapter;

import dev.atelier.plugin.AdapterReport;
import dev.atelier.zimage.checkpoint.Safetensors;
import dev.atelier.zimage.checkpoint.TensorEntry;
import dev.atelier.zimage.checkpoint.TensorReader;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Says what an adapter file holds. */
final class AdapterSummary {
    private AdapterSummary() {}

    /** Returns the report of a file at strength 1. */
    static AdapterReport of(Safetensors file, AdapterContents contents, AdapterScale scale, String name) {
        List<ModuleTensors> modules = List.copyOf(contents.modules().values());
        Map<String, TensorEntry> matched = modules.stream()
                .flatMap(tensors -> tensors.pieces().values().stream())
                .map(Piece::entry)
                .collect(Collectors.toMap(TensorEntry::name, entry -> entry, (one, same) -> one));
        return new AdapterReport(
                name,
                1,
                form(contents, modules),
                ranks(modules),
                alphas(file, modules, scale),
                matched.values().stream()
                        .map(entry -> entry.dtype().name())
                        .distinct()
                        .sorted()
                        .toList(),
                modules.size(),
                matched.size(),
                AdapterReport.Keys.of(contents.partlyMatched()),
                AdapterReport.Keys.of(contents.unmatched()),
                file.metadata());
    }

    private static String form(AdapterContents contents, List<ModuleTensors> modules) {
        Set<String> forms = new TreeSet<>();
        modules.forEach(tensors -> forms.add(tensors.writer() + " " + tensors.label()));
        contents.foreign().forEach(algorithm -> forms.add(algorithm + " (cannot be applied)"));
        return String.join(", ", forms);
    }

    private static List<Integer> ranks(List<ModuleTensors> modules) {
        return modules.stream()
                .flatMap(tensors -> tensors.ranked().stream())
                .map(piece -> piece.entry().shape())
                .filter(shape -> !shape.isEmpty())
                .map(shape -> (int) Math.min(shape.get(0), Integer.MAX_VALUE))
                .distinct()
                .sorted()
                .toList();
    }

    /** One that is no number is refused when the adapter is read; here it is left out. */
    private static List<Double> alphas(Safetensors file, List<ModuleTensors> modules, AdapterScale scale) {
        try (TensorReader reader = file.reader()) {
            return modules.stream()
                    .flatMap(tensors -> alpha(reader, tensors, scale).stream())
                    .filter(Double::isFinite)
                    .distinct()
                    .sorted()
                    .limit(AdapterReport.Keys.MOST)
                    .toList();
        }
    }

    private static Optional<Double> alpha(TensorReader reader, ModuleTensors tensors, AdapterScale scale) {
        Optional<Piece> own = tensors.alpha();
        if (own.isEmpty()) {
            return scale.setting(tensors);
        }
        TensorEntry entry = own.get().entry();
        boolean number = entry.elements() == 1 && entry.dtype().isNumber();
        return number ? Optional.of((double) reader.number(entry)) : Optional.empty();
    }
}
