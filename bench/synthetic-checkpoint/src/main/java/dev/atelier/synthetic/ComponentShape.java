package dev.atelier.synthetic;

import java.util.List;
import java.util.Map;

/** The dimensions of one component: what its configuration says and which tensors it has. */
public sealed interface ComponentShape permits TransformerShape, TextEncoderShape, VaeShape {
    /** Returns the content of {@code config.json}. */
    Map<String, Object> config();

    /** Returns the tensors, in the order in which they are written. */
    List<TensorSpec> tensors();

    /** Returns the weights' file name without suffix, such as {@code diffusion_pytorch_model}. */
    default String fileName() {
        return "diffusion_pytorch_model";
    }

    /** Returns how many numbers the component has. */
    default long parameters() {
        return tensors().stream().mapToLong(TensorSpec::elements).sum();
    }
}
