package dev.atelier.zimage.adapter;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the name of a tensor in an adapter file says: {@code PREFIXES MODULE SUFFIX}, where each of the three is spelled
 * in one of several ways.
 *
 * @param named the module, or several that share the tensor
 * @param spelled the name without the suffix
 * @param part what the tensor is to the module
 * @param writer who writes keys with these prefixes
 * @param foreign the algorithm that this is a tensor of when it is not computed here; else empty
 */
record AdapterKey(ModuleNames.Named named, String spelled, Part part, String writer, String foreign) {
    private static final Map<String, String> FOREIGN = Map.of(
            "tucker", "a Tucker decomposition",
            "glora", "GLoRA",
            "ada", "AdaLoRA",
            "bias", "a LoRA bias",
            "ia3", "IA3",
            "embedding", "a LoRA embedding",
            "scaled", "scaled FP8 weights",
            "whole", "whole weights as a checkpoint has them");

    private static final Map<String, String> FAMILIES = Map.ofEntries(
            Map.entry("hada", "LoHa"),
            Map.entry("oft", "OFT"),
            Map.entry("boft", "BOFT"),
            Map.entry("glora", "GLoRA"),
            Map.entry("vera", "VeRA"),
            Map.entry("ia3", "IA3"),
            Map.entry("vblora", "VB-LoRA"),
            Map.entry("fourierft", "FourierFT"),
            Map.entry("waveft", "WaveFT"),
            Map.entry("hra", "HRA"),
            Map.entry("shira", "SHiRA"),
            Map.entry("c3a", "C3A"),
            Map.entry("miss", "MiSS"),
            Map.entry("bone", "Bone"),
            Map.entry("randlora", "RandLoRA"),
            Map.entry("road", "RoAd"),
            Map.entry("delora", "DeLoRA"),
            Map.entry("gralora", "GraLoRA"),
            Map.entry("trainable_tokens", "trainable tokens"));

    /**
     * What may stand before a module's name, dots and underscores being one, in any order and any nesting; with who
     * writes it, where it tells. The first that fits is taken, so that a longer one stands before its own beginning. No
     * module's name begins like one of them.
     */
    private static final Map<String, String> PREFIXES = prefixes();

    private static final int MOST_PREFIXES = 8;

    /**
     * Reads a tensor's name.
     *
     * @return empty when no module of the model is meant, or nothing that is known is said about it
     */
    static Optional<AdapterKey> parse(String key, ModuleNames names) {
        for (Map.Entry<Part, Pattern> end : Part.ends().entrySet()) {
            Matcher matcher = end.getValue().matcher(key);
            if (matcher.matches()) {
                Optional<AdapterKey> found = find(matcher, end.getKey(), names);
                if (found.isPresent()) {
                    return found;
                }
            }
        }
        return Optional.empty();
    }

    private static Optional<AdapterKey> find(Matcher matcher, Part part, ModuleNames names) {
        String spelled = matcher.group(1);
        String rest = ModuleNames.flat(spelled);
        String writer = "";
        for (int i = 0; i <= MOST_PREFIXES; i++) {
            Optional<ModuleNames.Named> named = names.find(rest);
            if (named.isPresent()) {
                String foreign = part == Part.OTHER ? algorithm(matcher) : "";
                return Optional.of(
                        new AdapterKey(named.get(), spelled, part, writer.isEmpty() ? "bare" : writer, foreign));
            }
            String prefix = prefix(rest);
            if (prefix.isEmpty()) {
                return Optional.empty();
            }
            if (writer.isEmpty()) {
                writer = PREFIXES.getOrDefault(prefix, "");
            }
            rest = withoutUnderscores(rest.substring(prefix.length()));
        }
        return Optional.empty();
    }

    private static String prefix(String flat) {
        return PREFIXES.keySet().stream().filter(flat::startsWith).findFirst().orElse("");
    }

    /** A prefix may end in more than one underscore, as VideoX-Fun's {@code lora_unet__} does. */
    private static String withoutUnderscores(String flat) {
        int begin = 0;
        while (begin < flat.length() && flat.charAt(begin) == '_') {
            begin++;
        }
        return flat.substring(begin);
    }

    private static Map<String, String> prefixes() {
        Map<String, String> prefixes = new LinkedHashMap<>();
        prefixes.put("model_diffusion_model_", "single-file");
        prefixes.put("base_model_model_", "peft");
        prefixes.put("base_model_", "peft");
        prefixes.put("diffusion_model_", "ai-toolkit");
        prefixes.put("transformer_", "diffusers");
        prefixes.put("lora_transformer_", "kohya");
        prefixes.put("lora_unet_", "kohya");
        prefixes.put("lycoris_", "lycoris");
        prefixes.put("pipe_", "diffsynth");
        prefixes.put("dit_", "diffsynth");
        prefixes.put("unet_", "");
        prefixes.put("lora_", "");
        prefixes.put("model_", "");
        prefixes.put("module_", "");
        prefixes.put("_orig_mod_", "");
        prefixes.put("orig_mod_", "");
        return prefixes;
    }

    private static String algorithm(Matcher other) {
        String family = other.group("family");
        if (family != null) {
            return FAMILIES.getOrDefault(family, family);
        }
        return FOREIGN.keySet().stream()
                .filter(group -> other.group(group) != null)
                .map(FOREIGN::get)
                .findFirst()
                .orElseThrow();
    }
}
