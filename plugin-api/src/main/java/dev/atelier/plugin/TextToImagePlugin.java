package dev.atelier.plugin;

import java.nio.file.Path;
import org.pf4j.ExtensionPoint;

/**
 * One model that draws pictures from text. A PF4J plugin contributes one implementation per model id, annotated with
 * {@code @Extension} and with a public constructor without parameters that does nothing expensive.
 *
 * <p>Threading: {@link #descriptor()} and {@link #inspect(Path)} may be called from any thread, at the same time.
 * {@link #open(PluginContext)} is called on the thread of the device that will draw.
 */
public interface TextToImagePlugin extends ExtensionPoint {
    /** Returns what this model is and takes. Constant, cheap, and needs neither checkpoint nor device. */
    PipelineDescriptor descriptor();

    /**
     * Reads an adapter file's header and says what it holds, without a checkpoint: key names are judged, shapes are
     * not. Reads no tensor data.
     *
     * @param file a local file, already confined by the caller
     * @throws PipelineException {@link ErrorCode#LORA_INVALID} when the file is no well-formed adapter file
     */
    AdapterReport inspect(Path file);

    /**
     * Says what an adapter holds and whether a job would apply it, by all that its header, its scalars and its config
     * show. Where the checkpoint's components are on this machine, their shapes count too. Reads no weights. May be
     * called from any thread, at the same time.
     *
     * @param local the model's components on this machine
     * @return with a {@linkplain AdapterInspection#problem() problem} when a job would fail with a well-formed adapter
     * @throws PipelineException {@link ErrorCode#LORA_INVALID} when the file is no well-formed adapter
     */
    default AdapterInspection inspect(AdapterSource source, ComponentFiles local) {
        return new AdapterInspection(inspect(source.file()), null);
    }

    /**
     * Opens the checkpoint on a device. May take minutes and gigabytes; the caller owns the result and closes it on the
     * same thread.
     *
     * @throws PipelineException {@link ErrorCode#MODEL_NOT_AVAILABLE} when a checkpoint component is absent,
     *     {@link ErrorCode#CHECKPOINT_INVALID} when it is there but contradicts itself,
     *     {@link ErrorCode#INSUFFICIENT_GPU_MEMORY} when it does not fit
     */
    TextToImagePipeline open(PluginContext context);
}
