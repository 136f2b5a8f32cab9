package dev.atelier.zimage.model;

import dev.atelier.zimage.adapter.AdapterStack;
import dev.atelier.zimage.adapter.GroupTensors;
import dev.atelier.zimage.adapter.Target;
import dev.atelier.zimage.adapter.TargetGroup;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToIntFunction;

/**
 * The adapter inputs of both graphs for one image, made once and fed to every pass. The caller closes it after the last
 * pass.
 */
public final class AdapterTensors implements AutoCloseable {
    private final Tensors caption = new Tensors();
    private final Tensors transformer = new Tensors();

    private final AdapterForms forms;

    /** Makes the tensors of a stack. */
    public AdapterTensors(TransformerConfig config, AdapterStack stack) {
        this(config, stack, AdapterForms.LOW_RANK);
    }

    AdapterTensors(TransformerConfig config, AdapterStack stack, AdapterForms forms) {
        this.forms = forms;
        fill(caption, ZImageModules.caption(config), stack);
        fill(transformer, ZImageModules.transformer(config), stack);
    }

    /** Returns the forms that the graphs must take. */
    public AdapterForms forms() {
        return forms;
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

    private void fill(Tensors tensors, List<TargetGroup> groups, AdapterStack stack) {
        for (TargetGroup group : groups) {
            GroupTensors fed = stack.tensors(group);
            tensors.floats(group.name() + ".a", fed.a(), fed.rank(), total(group, Target::in));
            tensors.floats(group.name() + ".b", fed.b(), total(group, Target::out), fed.rank());
            if (fed.bias().capacity() > 0) {
                tensors.floats(group.name() + ".bias", fed.bias(), fed.bias().capacity());
            }
            if (forms == AdapterForms.EVERY) {
                fillFurther(tensors, group);
            }
        }
    }

    private static void fillFurther(Tensors tensors, TargetGroup group) {
        float[] ones = new float[Math.toIntExact(total(group, Target::out))];
        Arrays.fill(ones, 1);
        tensors.floats(group.name() + ".scale", ones, ones.length);
        for (Target target : group.targets()) {
            tensors.floats(target.name() + ".left", new float[0], 0, 0);
            tensors.floats(target.name() + ".right", new float[0], 0, 0);
            tensors.floats(target.name() + ".dense", new float[0], 0, target.in());
        }
    }

    private static long total(TargetGroup group, ToIntFunction<Target> length) {
        return group.targets().stream().mapToInt(length).sum();
    }
}
