package dev.atelier.zimage.adapter;

import dev.atelier.plugin.AdapterInspection.Problem;
import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import dev.atelier.zimage.checkpoint.Safetensors;
import dev.atelier.zimage.checkpoint.TensorReader;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Decides by an adapter file's header, its alphas and PEFT's settings whether it can be applied to a model. Inspections
 * and jobs decide here, so that both say the same.
 *
 * @param name what messages call the file
 * @param opened the file
 * @param contents its tensors by module
 * @param scale of its modules
 * @param model what it may change
 */
record AdapterCheck(String name, Safetensors opened, AdapterContents contents, AdapterScale scale, AdapterModel model) {
    private static final int UNMATCHED_SHOWN = 5;

    /** Returns why the file cannot be applied; empty when it can, as far as can be told before its weights are read. */
    Optional<Problem> problem() {
        try {
            check();
            return Optional.empty();
        } catch (PipelineException e) {
            return Optional.of(new Problem(e.code(), e.getMessage()));
        }
    }

    /**
     * Checks everything.
     *
     * @return the bytes that the weights will take in memory
     * @throws PipelineException {@link ErrorCode#LORA_NOT_APPLIED} when nothing in the file is for the model, naming
     *     the first keys; {@link ErrorCode#LORA_INVALID} when a shape, type, alpha or setting does not fit, or a module
     *     is adapted by an algorithm that is not computed here
     */
    long check() {
        checkAlgorithms();
        Collection<ModuleTensors> modules = contents.modules().values();
        Optional<PipelineException> other = otherWidth(modules);
        long bytes = 0;
        try {
            for (ModuleTensors tensors : modules) {
                bytes += new ModuleShapes(name, tensors, model.targetOf(tensors)).check();
            }
        } catch (PipelineException e) {
            throw other.map(width -> new PipelineException(
                            width.code(), width.getMessage() + detail(e.getMessage()), width.details(), e))
                    .orElse(e);
        }
        if (other.isPresent() && !model.isSized()) {
            throw other.get();
        }
        checkAlphas(modules);
        return bytes;
    }

    private String detail(String message) {
        return message.startsWith(name + ": ") ? " (" + message.substring(name.length() + 2) + ")" : "";
    }

    /** Returns the failure of an adapter that was trained for another width, if its modules agree on one. */
    private Optional<PipelineException> otherWidth(Collection<ModuleTensors> modules) {
        if (model.width() == 0) {
            return Optional.empty();
        }
        return model.trainedWidth(modules)
                .filter(width -> width != model.width())
                .filter(width -> model.isSized() || model.otherOfWidth(width).isPresent())
                .map(width -> new PipelineException(
                        ErrorCode.LORA_INVALID,
                        name + ": was trained for a model of width " + width + "; " + model.id() + " has "
                                + model.width()
                                + model.otherOfWidth(width)
                                        .map(other -> " (" + width + " is " + other + "'s)")
                                        .orElse("")));
    }

    private void checkAlgorithms() {
        String foreign = contents.foreign().isEmpty()
                ? ""
                : "; it holds " + String.join(", ", contents.foreign()) + ", which cannot be applied";
        if (contents.modules().isEmpty()) {
            throw nothingFits(foreign);
        }
        if (!foreign.isEmpty()) {
            // Half of what was trained would give other images than in training.
            throw new PipelineException(
                    ErrorCode.LORA_INVALID, name + ": must hold no other algorithm's weights for the model" + foreign);
        }
    }

    private PipelineException nothingFits(String foreign) {
        List<String> unmatched = contents.unmatched();
        List<String> first = unmatched.subList(0, Math.min(UNMATCHED_SHOWN, unmatched.size()));
        int tensors = unmatched.size() + contents.partlyMatched().size();
        String other = foreign.isEmpty()
                ? OtherModels.of(unmatched)
                        .map(model -> "was trained for " + model + "; ")
                        .orElse("")
                : "";
        return new PipelineException(
                ErrorCode.LORA_NOT_APPLIED,
                name + ": " + other + "none of its " + tensors + " tensors matches the model; the first are " + first
                        + foreign,
                Map.of("unmatched_keys", List.copyOf(first)),
                null);
    }

    private void checkAlphas(Collection<ModuleTensors> modules) {
        try (TensorReader reader = opened.reader()) {
            ChangeReader changes = new ChangeReader(name, scale, reader);
            modules.forEach(changes::scale);
        }
    }
}
