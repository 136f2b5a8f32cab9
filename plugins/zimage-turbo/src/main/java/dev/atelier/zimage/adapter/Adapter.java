package dev.atelier.zimage.adapter;

import dev.atelier.plugin.AdapterReport;
import java.util.Map;
import java.util.Optional;

/** An adapter file in memory, as far as it fits a model. Immutable and thread-safe. */
public final class Adapter {
    private final Map<String, LowRank> changes;
    private final AdapterContents contents;
    private final long bytes;

    Adapter(Map<String, LowRank> changes, AdapterContents contents) {
        this.changes = Map.copyOf(changes);
        this.contents = contents;
        this.bytes = count(this.changes, contents.report("", 1));
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
        return contents.report(name, multiplier);
    }

    /** Returns what is added to a module, empty when nothing is. */
    Optional<LowRank> change(String module) {
        return Optional.ofNullable(changes.get(module));
    }

    private static long count(Map<String, LowRank> changes, AdapterReport report) {
        long bytes = 0;
        for (LowRank change : changes.values()) {
            bytes += Float.BYTES * ((long) change.a().length + change.b().length);
        }
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
