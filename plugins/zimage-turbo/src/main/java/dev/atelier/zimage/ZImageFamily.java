package dev.atelier.zimage;

import dev.atelier.plugin.AdapterInspection;
import dev.atelier.plugin.AdapterReport;
import dev.atelier.plugin.AdapterSource;
import dev.atelier.plugin.ComponentFiles;
import dev.atelier.plugin.ComponentSource;
import dev.atelier.plugin.GenerationDefaults;
import dev.atelier.plugin.ImageSize;
import dev.atelier.plugin.PipelineDescriptor;
import dev.atelier.plugin.PipelineException;
import dev.atelier.plugin.PluginContext;
import dev.atelier.plugin.Profile;
import dev.atelier.plugin.TextToImagePipeline;
import dev.atelier.plugin.TextToImagePlugin;
import dev.atelier.zimage.adapter.AdapterModel;
import dev.atelier.zimage.adapter.AdapterReader;
import dev.atelier.zimage.model.TransformerConfig;
import dev.atelier.zimage.model.ZImageModules;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * A model of the Z-Image family: what its members share, so that a further one says only in what it differs. Members
 * that are loaded together share the sessions of the files that they have in common.
 */
public class ZImageFamily implements TextToImagePlugin {
    private static final ImageSize SIZE = new ImageSize(1024, 1024);
    private static final int DIVISOR = 32;
    private static final int MAX_ADAPTERS = 8;
    private static final long SEED = 42;

    private final PipelineDescriptor descriptor;
    private final OptionalDouble staticShift;
    private final AdapterModel ofAnySize;

    /**
     * Describes a member.
     *
     * @param member in what it differs from the others
     */
    protected ZImageFamily(Member member) {
        descriptor = member.descriptor();
        staticShift = member.staticShift();
        ofAnySize = ZImageModules.ofTheFamily(descriptor.modelId());
    }

    /**
     * In what a member differs from the others.
     *
     * @param modelId the id in requests
     * @param description one line for people
     * @param repository the diffusers repository that all components come from
     * @param transformer the repository that the transformer comes from
     * @param steps denoising steps by default
     * @param guidanceScale by default
     * @param staticShift replaces the checkpoint's own shift where given
     */
    public record Member(
            String modelId,
            String description,
            String repository,
            String transformer,
            int steps,
            double guidanceScale,
            OptionalDouble staticShift) {
        private PipelineDescriptor descriptor() {
            return new PipelineDescriptor(
                    modelId,
                    description,
                    repository,
                    new GenerationDefaults(SIZE, steps, guidanceScale, SEED),
                    DIVISOR,
                    MAX_ADAPTERS,
                    false,
                    EnumSet.allOf(Profile.class),
                    List.of("Default"),
                    components());
        }

        private Map<String, ComponentSource> components() {
            Map<String, ComponentSource> components = new HashMap<>();
            Component.ids().forEach(id -> components.put(id, new ComponentSource(repository, "main", id)));
            String id = Component.TRANSFORMER.id();
            components.put(id, new ComponentSource(transformer, "main", id));
            return components;
        }
    }

    @Override
    public final PipelineDescriptor descriptor() {
        return descriptor;
    }

    @Override
    public final AdapterReport inspect(Path file) {
        String name = String.valueOf(file.getFileName());
        return inspect(new AdapterSource(name, file, null), ComponentFiles.NONE).report();
    }

    @Override
    public final AdapterInspection inspect(AdapterSource source, ComponentFiles local) {
        AdapterModel model = local.find(Component.TRANSFORMER.id())
                .flatMap(ZImageFamily::config)
                .map(config -> ZImageModules.of(descriptor.modelId(), config))
                .orElse(ofAnySize);
        return AdapterReader.inspect(source, model);
    }

    /** Returns the dimensions of a checkpoint; one that does not open says nothing about adapters. */
    private static Optional<TransformerConfig> config(Path transformer) {
        try {
            return Optional.of(TransformerConfig.open(transformer));
        } catch (PipelineException e) {
            return Optional.empty();
        }
    }

    @Override
    public final TextToImagePipeline open(PluginContext context) {
        return ZImagePipeline.open(descriptor, staticShift, context);
    }
}
