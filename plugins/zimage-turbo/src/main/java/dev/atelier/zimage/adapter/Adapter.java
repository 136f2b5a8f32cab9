package dev.atelier.zimage.adapter;

import dev.atelier.plugin.AdapterReport;
import java.util.Map;
import java.util.Optional;

/** An adapter file in memory, as far as it fits a model. Immutable and thread-safe. */
public final class Adapter {
    private final String sha256;
    private final Map<String, Change> changes;
    private final AdapterReport report;
    private final long bytes;

    Adapter(String sha256, Map<String, Change> changes, AdapterReport report) {
        this.sha256 = sha256;
        this.changes = Map.copyOf(changes);
        this.report = report;
        this.bytes = count(this.changes, report);
    }

    /** Returns the hash of the file's content. */
    String sha256() {
        return sha256;
    }

    /** Returns the memory that it holds, in bytes: its weights, and the text of its report. */
    public long bytes() {
        return bytes;
    }

    /**
     * Returns what the file holds and how much of it fits.
     *
     * @param name what to call it
     * @param multiplier its strength as applied
     */
    public AdapterReport report(String name, double multiplier) {
        return new AdapterReport(
                name,
                multiplier,
                report.form(),
                report.ranks(),
                report.alphas(),
                report.dtypes(),
                report.modules(),
                report.matchedKeys(),
                report.partlyMatched(),
                report.unmatched(),
                report.metadata());
    }

    /** Returns what is done to a module, empty when nothing is. */
    Optional<Change> change(String module) {
        return Optional.ofNullable(changes.get(module));
    }

    /** Says whether low-rank pairs and bias differences express all of it. */
    boolean isPlain() {
        return changes.values().stream().allMatch(Change::isPlain);
    }

    /** Says whether it divides weights by lengths, which is done with an adapter's weights apart from the model's. */
    boolean isNormed() {
        return changes.values().stream().anyMatch(change -> change.lengths() != null);
    }

    /** Says whether another scales the outputs of a weight that this one changes. */
    boolean isScaledBy(Adapter other) {
        return changes.entrySet().stream()
                .filter(change -> change.getValue().delta() != null)
                .anyMatch(change ->
                        other.change(change.getKey()).filter(Change::scalesRows).isPresent());
    }

    private static long count(Map<String, Change> changes, AdapterReport report) {
        long bytes = changes.values().stream().mapToLong(Change::bytes).sum();
        for (String key : report.unmatched().first()) {
            bytes += (long) Character.BYTES * key.length();
        }
        for (Map.Entry<String, String> entry : report.metadata().entrySet()) {
            bytes += (long) Character.BYTES
                    * (entry.getKey().length() + entry.getValue().length());
        }
        return bytes;
    }
}
