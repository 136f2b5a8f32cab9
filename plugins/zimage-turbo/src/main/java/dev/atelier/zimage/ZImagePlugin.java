package dev.atelier.zimage;

import dev.atelier.plugin.AdapterReport;
import dev.atelier.plugin.ComponentSource;
import dev.atelier.plugin.GenerationDefaults;
import dev.atelier.plugin.ImageSize;
import dev.atelier.plugin.PipelineDescriptor;
import dev.atelier.plugin.PluginContext;
import dev.atelier.plugin.Profile;
import dev.atelier.plugin.TextToImagePipeline;
import dev.atelier.plugin.TextToImagePlugin;
import dev.atelier.zimage.adapter.AdapterReader;
import dev.atelier.zimage.adapter.ModuleNames;
import dev.atelier.zimage.model.ZImageModules;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.stream.Collectors;
import org.pf4j.Extension;

/** Z-Image Turbo. */
@Extension
public final class ZImagePlugin implements TextToImagePlugin {
    private static final String REPOSITORY = "Tongyi-MAI/Z-Image-Turbo";

    private static final ModuleNames MODULES = ZImageModules.ofTheFamily();
    private static final int MAX_ADAPTERS = 8;

    private static final PipelineDescriptor DESCRIPTOR = new PipelineDescriptor(
            "zimage_turbo",
            "Z-Image Turbo: text to image in eight steps",
            REPOSITORY,
            new GenerationDefaults(new ImageSize(1024, 1024), 8, 1.0, 42),
            32,
            MAX_ADAPTERS,
            false,
            EnumSet.allOf(Profile.class),
            List.of("Default"),
            components());

    @Override
    public PipelineDescriptor descriptor() {
        return DESCRIPTOR;
    }

    @Override
    public AdapterReport inspect(Path file) {
        return AdapterReader.inspect(file, MODULES);
    }

    @Override
    public TextToImagePipeline open(PluginContext context) {
        return ZImagePipeline.open(DESCRIPTOR, OptionalDouble.empty(), context);
    }

    private static Map<String, ComponentSource> components() {
        return Component.ids().stream()
                .collect(Collectors.toMap(id -> id, id -> new ComponentSource(REPOSITORY, "main", id)));
    }
}
