package dev.atelier.zimage.model;

import dev.atelier.zimage.adapter.AdapterStack;
import dev.atelier.zimage.adapter.GroupTensors;
import dev.atelier.zimage.adapter.Target;
import dev.atelier.zimage.adapter.TargetGroup;
import java.util.List;
import java.util.function.ToIntFunction;

/**
 * The adapter inputs of both graphs for one image, made once and fed to every pass. The caller closes it after the last
 * pass.
 */
public final class AdapterTensors implements AutoCloseable {
    private final Tensors caption = new Tensors();
    private final Tensors transformer = new Tensors();

    /** Makes the tensors of a stack. */
    public AdapterTensors(TransformerConfig config, AdapterStack stack) {
        fill(caption, ZImageModules.caption(config), stack);
        fill(transformer, ZImageModules.transformer(config), stack);
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

    private static void fill(Tensors tensors, List<TargetGroup> groups, AdapterStack stack) {
        for (TargetGroup group : groups) {
            GroupTensors fed = stack.tensors(group);
            tensors.floats(group.name() + ".a", fed.a(), fed.rank(), total(group, Target::in));
            tensors.floats(group.name() + ".b", fed.b(), total(group, Target::out), fed.rank());
            if (fed.bias().capacity() > 0) {
                tensors.floats(group.name() + ".bias", fed.bias(), fed.bias().capacity());
            }
        }
    }

    private static long total(TargetGroup group, ToIntFunction<Target> length) {
        return group.targets().stream().mapToInt(length).sum();
    }
}
