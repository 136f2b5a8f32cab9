package dev.atelier.zimage.adapter;

import dev.atelier.plugin.AdapterSource;
import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import dev.atelier.zimage.checkpoint.Config;
import dev.atelier.zimage.checkpoint.Config.Named;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What PEFT was told about an adapter, as far as it changes what the weights mean: {@code lora_alpha} over {@code r},
 * with {@code use_rslora} over its root, and {@code alpha_pattern} and {@code rank_pattern}, which give modules their
 * own. {@code fan_in_fan_out} says nothing about a linear of PyTorch, here as in PEFT.
 *
 * @param config the file or the metadata
 * @param prefix of every setting's name
 * @param kind PEFT's name of the algorithm; empty when the settings do not tell
 * @param alpha of modules without their own
 * @param rank of modules without their own; empty when it is what the tensors have
 * @param rootOfRank whether alpha is divided by the root of the rank
 * @param alphas of some modules
 * @param ranks of some modules
 */
record PeftSettings(
        Config config,
        String prefix,
        String kind,
        double alpha,
        Optional<Integer> rank,
        boolean rootOfRank,
        Map<String, Double> alphas,
        Map<String, Double> ranks) {
    private static final String METADATA_KEY = "lora_adapter_metadata";
    private static final String METADATA_PREFIX = "transformer.";
    private static final long MAX_BYTES = 1_000_000;
    private static final String BASE = "base_model.model.";

    /** PEFT's names of the algorithms that are computed here. */
    private static final Map<String, ModuleTensors.Algorithm> KINDS = Map.of(
            "LORA", ModuleTensors.Algorithm.LORA,
            "LOHA", ModuleTensors.Algorithm.LOHA,
            "LOKR", ModuleTensors.Algorithm.LOKR);

    /** Ways to begin a training that change the base weights, which then are not the checkpoint's. */
    private static final List<String> CHANGED_BASES = List.of("pissa", "olora", "corda", "loftq", "lora_ga");

    /** What makes an adapter more than its weights say, where it is neither absent, false nor empty. */
    private static final List<String> NEVER = List.of(
            "modules_to_save",
            "lora_bias",
            "layer_replication",
            "use_qalora",
            "use_bdlora",
            "alora_invocation_tokens",
            "trainable_token_indices",
            "arrow_config",
            "target_parameters",
            "use_effective_conv2d");

    /** Reads the settings that belong to a file; empty when there are none. */
    static Optional<PeftSettings> of(AdapterSource source, Map<String, String> metadata) {
        Optional<PeftSettings> own = ofMetadata(source.name(), metadata);
        Path config = source.config();
        return own.isPresent() || config == null ? own : Optional.of(ofFile(source.name(), config));
    }

    private static Optional<PeftSettings> ofMetadata(String name, Map<String, String> metadata) {
        String text = metadata.getOrDefault(METADATA_KEY, "null");
        if (text.strip().equals("null")) {
            return Optional.empty();
        }
        Config config = Config.parse(text, new Named(name + ": " + METADATA_KEY, ErrorCode.LORA_INVALID));
        if (!config.has(METADATA_PREFIX + "lora_alpha")) {
            return Optional.empty();
        }
        return Optional.of(read(config, METADATA_PREFIX, "", "lora_alpha", Optional.empty()));
    }

    private static PeftSettings ofFile(String name, Path file) {
        Named named = new Named(name + ": " + file.getFileName(), ErrorCode.LORA_INVALID);
        Config config = Config.open(file, named, MAX_BYTES);
        String kind = config.text("peft_type", "LORA");
        if (!KINDS.containsKey(kind)) {
            throw config.invalid("peft_type", "must be LORA, LOHA or LOKR but is " + kind);
        }
        refuse(config);
        String alpha = kind.equals("LORA") ? "lora_alpha" : "alpha";
        return read(config, "", kind, alpha, Optional.of(config.positive("r")));
    }

    private static PeftSettings read(
            Config config, String prefix, String kind, String alphaName, Optional<Integer> rank) {
        double alpha = config.number(prefix + alphaName);
        Map<String, Double> alphas = config.numbers(prefix + "alpha_pattern");
        Map<String, Double> ranks = config.numbers(prefix + "rank_pattern");
        require(config, prefix + alphaName, alpha, false);
        alphas.forEach((module, own) -> require(config, prefix + "alpha_pattern of " + module, own, false));
        ranks.forEach((module, own) -> require(config, prefix + "rank_pattern of " + module, own, true));
        boolean rootOfRank = config.flag(prefix + "use_rslora", false);
        return new PeftSettings(config, prefix, kind, alpha, rank, rootOfRank, alphas, ranks);
    }

    private static void require(Config config, String what, double value, boolean whole) {
        if (value <= 0 || whole && value != Math.rint(value)) {
            throw config.invalid(what, "must be a " + (whole ? "whole " : "") + "number above 0 but is " + value);
        }
    }

    private static void refuse(Config config) {
        String bias = config.text("bias", "none");
        if (!bias.equals("none")) {
            throw config.invalid("bias", "must be none, because trained biases are not applied, but is " + bias);
        }
        for (String setting : NEVER) {
            if (config.isSet(setting)) {
                throw config.invalid(setting, "must be absent or empty, because it is not applied");
            }
        }
        if (config.isText("init_lora_weights")) {
            String begin = config.text("init_lora_weights");
            if (CHANGED_BASES.stream().anyMatch(begin::startsWith)) {
                throw config.invalid(
                        "init_lora_weights",
                        "is " + begin + ", so that the adapter belongs to a changed base model; convert it to a plain"
                                + " LoRA when saving it (path_initial_model_for_weight_conversion)");
            }
        }
    }

    /** Returns the alpha of a module, empty when the settings say nothing about its algorithm. */
    Optional<Double> alpha(ModuleTensors tensors) {
        return applies(tensors)
                ? Optional.of(find(tensors, alphas, "alpha_pattern").orElse(alpha))
                : Optional.empty();
    }

    /**
     * Returns the scale of a module, empty when the settings say nothing about its algorithm.
     *
     * @param rank as its tensors have it; 0 for none
     * @throws PipelineException {@link ErrorCode#LORA_INVALID} when the settings contradict the tensors
     */
    Optional<Float> scale(ModuleTensors tensors, int rank) {
        return alpha(tensors).map(own -> {
            double divisor = rank(tensors, rank);
            return (float) (own / (rootOfRank ? Math.sqrt(divisor) : divisor));
        });
    }

    private double rank(ModuleTensors tensors, int rank) {
        if (this.rank.isEmpty()) {
            return rank;
        }
        double told = find(tensors, ranks, "rank_pattern").orElse((double) this.rank.get());
        if (rank > 0 && told != rank) {
            throw config.invalid(
                    "r", "must be the rank of module " + tensors.module() + ", " + rank + ", but is " + (long) told);
        }
        return told;
    }

    private boolean applies(ModuleTensors tensors) {
        ModuleTensors.Algorithm algorithm = tensors.algorithm();
        if (kind.isEmpty()) {
            return algorithm == ModuleTensors.Algorithm.LORA;
        }
        if (!KINDS.containsValue(algorithm)) {
            return false;
        }
        if (KINDS.get(kind) != algorithm) {
            throw config.invalid(
                    "peft_type", "is " + kind + " but module " + tensors.module() + " is a " + tensors.label());
        }
        if (config.flag("use_dora", false) && !tensors.pieces().containsKey(Part.MAGNITUDE)) {
            throw config.invalid(
                    "use_dora", "is true but module " + tensors.module() + " has no lora_magnitude_vector");
        }
        return true;
    }

    /** Returns what the first pattern says that names the module. */
    private Optional<Double> find(ModuleTensors tensors, Map<String, Double> patterns, String what) {
        Set<String> names = new LinkedHashSet<>(List.of(tensors.module(), withoutBase(tensors.spelled())));
        ModulePattern.Budget budget = new ModulePattern.Budget();
        for (Map.Entry<String, Double> pattern : patterns.entrySet()) {
            ModulePattern.Answer answer = ModulePattern.matches(pattern.getKey(), names, budget);
            if (answer == ModulePattern.Answer.UNREADABLE) {
                throw config.invalid(
                        prefix + what, "must hold names of modules or short expressions but holds " + pattern.getKey());
            }
            if (answer == ModulePattern.Answer.YES) {
                return Optional.of(pattern.getValue());
            }
        }
        return Optional.empty();
    }

    private static String withoutBase(String spelled) {
        return spelled.startsWith(BASE) ? spelled.substring(BASE.length()) : spelled;
    }
}
