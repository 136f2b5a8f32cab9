package dev.atelier.zimage;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.atelier.plugin.Device;
import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import dev.atelier.plugin.Profile;
import dev.atelier.zimage.model.SessionSettings;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * What an operator may set for this plugin: {@code threads} (of one operator on the CPU; default: all processors),
 * {@code precision} ({@code auto}: float32 on the CPU and bfloat16 on CUDA, {@code float32}, {@code bfloat16}),
 * {@code tf32} ({@code true}: CUDA may use TensorFloat-32 for float32 products) and {@code preview-merge}
 * ({@code auto}: the preview profile merges adapters into the weights where that rounds differently, in bfloat16;
 * {@code always}).
 *
 * @param sessions how sessions run
 * @param mergesAlways whether the preview profile merges in float32, too
 */
record ZImageSettings(SessionSettings sessions, boolean mergesAlways) {
    private static final Set<String> NAMES = Set.of("threads", "precision", "tf32", "preview-merge");

    /**
     * Reads the settings.
     *
     * @throws PipelineException {@link ErrorCode#INVALID_PARAMETER} naming the setting and what it may be
     */
    static ZImageSettings read(Device device, Map<String, String> settings) {
        Set<String> unknown = new TreeSet<>(settings.keySet());
        unknown.removeAll(NAMES);
        if (!unknown.isEmpty()) {
            throw wrong("unknown settings " + unknown + "; there are " + new TreeSet<>(NAMES));
        }
        int processors = Runtime.getRuntime().availableProcessors();
        String threads = settings.getOrDefault("threads", Integer.toString(processors));
        if (!threads.matches("[1-9][0-9]{0,3}")) {
            throw wrong("threads must be a number from 1 to 9999 but is " + threads);
        }
        String tf32 = settings.getOrDefault("tf32", "true");
        if (!tf32.equals("true") && !tf32.equals("false")) {
            throw wrong("tf32 must be true or false but is " + tf32);
        }
        DataType compute = compute(device, settings.getOrDefault("precision", "auto"));
        String merge = settings.getOrDefault("preview-merge", "auto");
        if (!merge.equals("auto") && !merge.equals("always")) {
            throw wrong("preview-merge must be auto or always but is " + merge);
        }
        return new ZImageSettings(
                new SessionSettings(device, Integer.parseInt(threads), compute, tf32.equals("true")),
                merge.equals("always"));
    }

    /** Says whether a profile's adapters are merged into the weights. */
    boolean merges(Profile profile) {
        return profile == Profile.AI_TOOLKIT_PREVIEW && (mergesAlways || sessions.bfloat16());
    }

    private static DataType compute(Device device, String precision) {
        boolean cuda = device.kind() == Device.Kind.CUDA;
        return switch (precision) {
            case "auto" -> cuda ? DataType.BFLOAT16 : DataType.FLOAT;
            case "float32" -> DataType.FLOAT;
            case "bfloat16" -> {
                if (!cuda) {
                    throw wrong("precision bfloat16 needs CUDA; the CPU computes in float32");
                }
                yield DataType.BFLOAT16;
            }
            default -> throw wrong("precision must be auto, float32 or bfloat16 but is " + precision);
        };
    }

    private static PipelineException wrong(String message) {
        return new PipelineException(ErrorCode.INVALID_PARAMETER, message);
    }
}
