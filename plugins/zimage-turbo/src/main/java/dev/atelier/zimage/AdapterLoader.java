package dev.atelier.zimage;

import dev.atelier.plugin.AdapterFile;
import dev.atelier.plugin.AdapterReport;
import dev.atelier.plugin.PluginMetrics;
import dev.atelier.zimage.model.TransformerConfig;
import java.util.List;

final class AdapterLoader {
    AdapterLoader(TransformerConfig config, PluginMetrics metrics, long budget) {}

    record Applied(List<AdapterReport> reports) {}

    Applied load(List<AdapterFile> files) {
        return new Applied(List.of());
    }

    long keptBytes() {
        return 0;
    }
}
