package dev.atelier.zimage.adapter;

import dev.atelier.plugin.AdapterFile;
import dev.atelier.plugin.AdapterReport;
import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import dev.atelier.zimage.adapter.AdapterContents.Pair;
import dev.atelier.zimage.checkpoint.Safetensors;
import dev.atelier.zimage.checkpoint.TensorEntry;
import dev.atelier.zimage.checkpoint.TensorReader;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Reads adapter files: safetensors files whose tensors are named {@code PREFIX MODULE SUFFIX}.
 *
 * <pre>
 * PREFIX  diffusion_model.  model.diffusion_model.  transformer.  or none
 * MODULE  a linear's name in the checkpoint, or an alias of it
 * SUFFIX  .lora_A.weight  .lora_A.default.weight  .lora_down.weight  .lora.down.weight    [rank, in]
 *         .lora_B.weight  .lora_B.default.weight  .lora_up.weight    .lora.up.weight      [out, rank]
 *         .alpha                                                                          [] or [1], optional
 * </pre>
 *
 * <p>The forms combine freely, F16, BF16, F32 and F64 too, and ranks may differ between modules. Thread-safe.
 */
public final class AdapterReader {
    private static final int MAX_TENSORS = 100_000;
    private static final int UNMATCHED_SHOWN = 5;

    private final Map<String, Target> targets = new HashMap<>();
    private final Map<String, String> aliases;

    /**
     * Creates a reader for a model.
     *
     * @param targets the linears that an adapter may change
     * @param aliases other spellings of how their names begin, with the checkpoint's: {@code x_embedder} may stand for
     *     {@code all_x_embedder.2-1}
     */
    public AdapterReader(List<Target> targets, Map<String, String> aliases) {
        targets.forEach(target -> this.targets.put(target.name(), target));
        this.aliases = Map.copyOf(aliases);
    }

    /**
     * Reads a file's header and says what it holds, judged by the tensors' names.
     *
     * @param aliases as for the constructor
     * @param isModule says whether the model has, or in some size may have, a linear of that name
     * @throws PipelineException {@link ErrorCode#LORA_INVALID} when the file is not well formed
     */
    public static AdapterReport inspect(Path file, Map<String, String> aliases, Predicate<String> isModule) {
        String name = String.valueOf(file.getFileName());
        return AdapterContents.of(open(file, name), name, aliases, isModule).report(name, 1);
    }

    /**
     * Reads what fits the model.
     *
     * @throws PipelineException {@link ErrorCode#LORA_NOT_APPLIED} when nothing does, naming the first keys;
     *     {@link ErrorCode#LORA_INVALID} when the file is not well formed, a shape does not fit, a weight is not
     *     finite, a pair is not complete, or a module is adapted by an algorithm that is not computed here
     */
    public Adapter read(AdapterFile file) {
        Safetensors opened = open(file.file(), file.name());
        AdapterContents contents = AdapterContents.of(opened, file.name(), aliases, targets::containsKey);
        refuseOthers(file.name(), contents);
        AdapterScale scale = new AdapterScale(file.name(), opened.metadata());
        long bytes = 0;
        for (Map.Entry<String, Pair> entry : contents.pairs().entrySet()) {
            checkShapes(file.name(), entry.getKey(), entry.getValue(), target(entry.getKey()));
            bytes += Float.BYTES
                    * (entry.getValue().down().elements()
                            + entry.getValue().up().elements());
        }
        checkMemory(file.name(), bytes);
        Map<String, LowRank> changes = new LinkedHashMap<>();
        try (TensorReader reader = opened.reader()) {
            contents.pairs()
                    .forEach((module, pair) -> changes.put(module, read(file.name(), module, pair, reader, scale)));
        }
        return new Adapter(changes, contents);
    }

    private static Safetensors open(Path file, String name) {
        refusePickle(file, name);
        Safetensors opened = Safetensors.open(file, name, ErrorCode.LORA_INVALID);
        if (opened.tensors().size() > MAX_TENSORS) {
            throw invalid(
                    name,
                    "must hold at most " + MAX_TENSORS + " tensors but holds "
                            + opened.tensors().size());
        }
        return opened;
    }

    /**
     * A pickle is a program that runs when it is read. It is known by its content: a zip archive, or the opcode PROTO.
     * A safetensors file may begin with the same two bytes of its header's length, but then a '{' follows the length.
     */
    private static void refusePickle(Path file, String name) {
        byte[] start = new byte[Long.BYTES + 1];
        try (InputStream stream = Files.newInputStream(file)) {
            stream.readNBytes(start, 0, start.length);
        } catch (IOException e) {
            throw new PipelineException(
                    ErrorCode.LORA_INVALID,
                    name + ": cannot be read: " + e.getClass().getSimpleName(),
                    e);
        }
        boolean zip = start[0] == 'P' && start[1] == 'K';
        boolean pickle = start[0] == (byte) 0x80 && start[1] >= 2 && start[1] <= 5;
        boolean safetensors = start[Long.BYTES - 1] == 0 && start[Long.BYTES] == '{';
        if ((zip || pickle) && !safetensors) {
            throw invalid(
                    name,
                    "is a pickle (.pt, .bin, .ckpt), which is never read because it can run code; "
                            + "save the adapter as safetensors");
        }
    }

    private static void refuseOthers(String name, AdapterContents contents) {
        String others = contents.otherAlgorithms().isEmpty()
                ? ""
                : "; it holds " + String.join(", ", contents.otherAlgorithms()) + ", which cannot be applied";
        List<String> unmatched = contents.unmatched();
        List<String> first = unmatched.subList(0, Math.min(UNMATCHED_SHOWN, unmatched.size()));
        if (contents.pairs().isEmpty()) {
            throw new PipelineException(
                    ErrorCode.LORA_NOT_APPLIED,
                    name + ": none of its " + unmatched.size() + " tensors matches the model; the first are " + first
                            + others,
                    Map.of("unmatched_keys", List.copyOf(first)),
                    null);
        }
        if (!others.isEmpty()) {
            // Half of what was trained would draw something else than in training.
            throw invalid(name, "must hold LoRA weights alone for the model" + others);
        }
    }

    private Target target(String module) {
        return Objects.requireNonNull(targets.get(module), module);
    }

    private static void checkShapes(String name, String module, Pair pair, Target target) {
        long rank = pair.rank();
        checkShape(name, module, pair.down(), List.of(Math.max(rank, 1), (long) target.in()));
        checkShape(name, module, pair.up(), List.of((long) target.out(), rank));
        pair.alpha().ifPresent(alpha -> {
            if (alpha.elements() != 1 || !alpha.dtype().isFloat()) {
                throw invalid(
                        name,
                        "module " + module + ": alpha must be one float but " + alpha.name() + " is " + alpha.dtype()
                                + " " + alpha.shape());
            }
        });
    }

    private static void checkShape(String name, String module, TensorEntry tensor, List<Long> expected) {
        if (!tensor.shape().equals(expected)) {
            throw invalid(
                    name,
                    "module " + module + ": " + tensor.name() + " must have shape " + expected + " but has "
                            + tensor.shape());
        }
        if (!tensor.dtype().isFloat()) {
            throw invalid(
                    name,
                    "module " + module + ": " + tensor.name() + " must be F16, BF16, F32 or F64 but is "
                            + tensor.dtype());
        }
    }

    /** Weights take at most half of the heap, so that a file of gigabytes fails its job and not the process. */
    private static void checkMemory(String name, long bytes) {
        long most = Runtime.getRuntime().maxMemory() / 2;
        if (bytes > most) {
            throw invalid(name, "must fit in " + most + " bytes of memory but needs " + bytes);
        }
    }

    private static LowRank read(String name, String module, Pair pair, TensorReader reader, AdapterScale scale) {
        float[] a = readFinite(name, module, pair.down(), reader);
        float[] b = readFinite(name, module, pair.up(), reader);
        Optional<Float> alpha = pair.alpha().map(entry -> reader.floats(entry)[0]);
        return new LowRank(pair.rank(), a, b, scale.of(module, pair.rank(), alpha));
    }

    private static float[] readFinite(String name, String module, TensorEntry tensor, TensorReader reader) {
        float[] values = reader.floats(tensor);
        for (float value : values) {
            if (!Float.isFinite(value)) {
                throw invalid(name, "module " + module + ": " + tensor.name() + " must be finite but holds " + value);
            }
        }
        return values;
    }

    private static PipelineException invalid(String name, String what) {
        return new PipelineException(ErrorCode.LORA_INVALID, name + ": " + what);
    }
}
