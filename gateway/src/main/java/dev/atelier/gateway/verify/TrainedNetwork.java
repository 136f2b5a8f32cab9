package dev.atelier.gateway.verify;

import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Checks that a job trains an adapter that can be applied beside or merged into the base model's weights. */
final class TrainedNetwork {
    private static final Set<String> SUPPORTED = Set.of("lora", "lokr", "dora", "fullrank");
    private static final List<String> OTHERS = List.of("embedding", "decorator", "adapter");

    private TrainedNetwork() {}

    /** Throws {@link TrainingJobException#UNSUPPORTED_NETWORK} naming the field. */
    static void check(ConfigSection process) {
        for (String key : OTHERS) {
            if (process.has(key)) {
                throw unsupported(key + " is set; samples generated with it cannot be reproduced");
            }
        }
        if (!process.has("network")) {
            throw unsupported("network is missing; the job trains the whole model, not an adapter");
        }
        String type = type(process);
        if (!SUPPORTED.contains(type)) {
            throw unsupported("network.type is '" + type + "'; lora, lokr, dora and fullrank can be verified");
        }
        if (process.section("train").flag("merge_network_on_save", false)) {
            throw unsupported("train.merge_network_on_save is set; the saved files are whole models, not adapters");
        }
        if (process.section("model").has("inference_lora_path")) {
            throw unsupported("model.inference_lora_path is set; samples are generated with another adapter");
        }
    }

    /** Returns the network's type. */
    static String type(ConfigSection process) {
        return process.section("network").text("type").orElse("lora").toLowerCase(Locale.ROOT);
    }

    private static TrainingJobException unsupported(String problem) {
        return new TrainingJobException(TrainingJobException.UNSUPPORTED_NETWORK, "config.yaml: " + problem);
    }
}
