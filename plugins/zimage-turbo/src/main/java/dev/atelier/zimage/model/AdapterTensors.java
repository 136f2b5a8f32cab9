package dev.atelier.zimage.model;

import dev.atelier.zimage.adapter.AdapterStack;
import dev.atelier.zimage.adapter.FurtherTensors;
import dev.atelier.zimage.adapter.GroupTensors;
import dev.atelier.zimage.adapter.Target;
import dev.atelier.zimage.adapter.TargetGroup;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.function.ToIntFunction;
import java.util.stream.Stream;

/**
 * The adapter inputs of both graphs for one image, made once and fed to every pass. The caller closes it after the last
 * pass.
 */
public final class AdapterTensors implements AutoCloseable {
    private final Tensors caption = new Tensors();
    private final Tensors transformer = new Tensors();

    private final AdapterForms forms;

    /**
     * Makes the tensors of a stack.
     *
     * @throws dev.atelier.plugin.PipelineException when they do not fit in memory
     */
    public AdapterTensors(TransformerConfig config, AdapterStack stack) {
        this(config, stack, stack.isPlain() ? AdapterForms.LOW_RANK : AdapterForms.EVERY);
    }

    AdapterTensors(TransformerConfig config, AdapterStack stack, AdapterForms forms) {
        this.forms = forms;
        List<TargetGroup> captionGroups = ZImageModules.caption(config);
        List<TargetGroup> transformerGroups = ZImageModules.transformer(config);
        stack.checkDense(
                Stream.concat(captionGroups.stream(), transformerGroups.stream())
                        .toList(),
                Runtime.getRuntime().maxMemory() / 2);
        try {
            fill(caption, captionGroups, stack, forms);
            fill(transformer, transformerGroups, stack, forms);
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    /** Returns the forms that the graphs must take. */
    public AdapterForms forms() {
        return forms;
    }

    /** Returns the memory that they take. */
    public long bytes() {
        return caption.bytes() + transformer.bytes();
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

    static void fill(Tensors tensors, List<TargetGroup> groups, AdapterStack stack, AdapterForms forms) {
        for (TargetGroup group : groups) {
            GroupTensors fed = stack.tensors(group);
            tensors.floats(group.name() + ".a", fed.a(), fed.rank(), total(group, Target::in));
            tensors.floats(group.name() + ".b", fed.b(), total(group, Target::out), fed.rank());
            if (fed.bias().capacity() > 0) {
                tensors.floats(group.name() + ".bias", fed.bias(), fed.bias().capacity());
            }
            if (forms == AdapterForms.EVERY) {
                fillFurther(tensors, group, stack);
            }
        }
    }

    private static void fillFurther(Tensors tensors, TargetGroup group, AdapterStack stack) {
        tensors.floats(group.name() + ".gain", stack.gain(group), total(group, Target::out));
        tensors.floats(group.name() + ".scale", stack.scale(group), total(group, Target::out));
        if (!group.vectors().isEmpty()) {
            FloatBuffer vectors = stack.vectors(group);
            tensors.floats(group.name() + ".vectors", vectors, vectors.capacity());
        }
        for (Target target : group.targets()) {
            FurtherTensors further = stack.further(target);
            fill(tensors, target.name() + ".left", further.left());
            fill(tensors, target.name() + ".right", further.right());
            fill(tensors, target.name() + ".dense", further.dense());
        }
    }

    private static void fill(Tensors tensors, String name, FurtherTensors.Matrix matrix) {
        tensors.floats(name, matrix.values(), matrix.rows(), matrix.columns());
    }

    private static long total(TargetGroup group, ToIntFunction<Target> length) {
        return group.targets().stream().mapToInt(length).sum();
    }
}
