package dev.atelier.zimage.model;

import dev.atelier.zimage.adapter.TargetGroup;
import java.util.List;

/**
 * The adapter inputs of both graphs for one image, made once and fed to every pass. The caller closes it after the last
 * pass.
 */
public final class AdapterTensors implements AutoCloseable {
    private final Tensors caption = new Tensors();
    private final Tensors transformer = new Tensors();

    /** Makes the tensors of no adapter at all: rank 0. */
    public AdapterTensors(TransformerConfig config) {
        fill(caption, ZImageModules.caption(config));
        fill(transformer, ZImageModules.transformer(config));
    }

    Tensors caption() {
        return caption;
    }

    Tensors transformer() {
        return transformer;
    }

    @Override
    public void close() {
        caption.close();
        transformer.close();
    }

    private static void fill(Tensors tensors, List<TargetGroup> groups) {
        for (TargetGroup group : groups) {
            long in = group.targets().stream().mapToLong(t -> t.in()).sum();
            long out = group.targets().stream().mapToLong(t -> t.out()).sum();
            int biased = group.targets().stream()
                    .filter(t -> t.biased())
                    .mapToInt(t -> t.out())
                    .sum();
            tensors.floats(group.name() + ".a", new float[0], 0, in);
            tensors.floats(group.name() + ".b", new float[0], out, 0);
            if (biased > 0) {
                tensors.floats(group.name() + ".bias", new float[biased], biased);
            }
        }
    }
}
