package dev.atelier.zimage.adapter;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the name of a tensor in an adapter file says: {@code PREFIX MODULE SUFFIX}, where each of the three is spelled
 * in one of several ways.
 *
 * @param named the module, or several that share the tensor
 * @param part what the tensor is to the module
 * @param writer who writes keys with this prefix
 * @param foreign the algorithm that this is a tensor of when it is not computed here; else empty
 */
record AdapterKey(ModuleNames.Named named, Part part, String writer, String foreign) {
    private static final Map<String, String> FOREIGN = Map.of(
            "tucker", "a Tucker decomposition",
            "glora", "GLoRA",
            "bias", "a LoRA bias",
            "ia3", "IA3",
            "norm", "a norm difference",
            "embedding", "a LoRA embedding",
            "whole", "a whole weight");

    private static final Map<String, String> FAMILIES =
            Map.of("hada", "LoHa", "oft", "OFT", "boft", "BOFT", "glora", "GLoRA", "vera", "VeRA", "ia3", "IA3");

    /** The longest first: each is tried where the key begins with it. */
    private static final Map<String, String> PREFIXES = prefixes();

    /**
     * Reads a tensor's name.
     *
     * @return empty when no module of the model is meant, or nothing that is known is said about it
     */
    static Optional<AdapterKey> parse(String key, ModuleNames names) {
        for (Map.Entry<Part, Pattern> end : Part.ends().entrySet()) {
            Matcher matcher = end.getValue().matcher(key);
            if (matcher.matches()) {
                String path = matcher.group(1);
                String foreign = end.getKey() == Part.OTHER ? algorithm(matcher) : "";
                for (Map.Entry<String, String> prefix : PREFIXES.entrySet()) {
                    if (path.startsWith(prefix.getKey())) {
                        Optional<ModuleNames.Named> named =
                                names.find(path.substring(prefix.getKey().length()));
                        if (named.isPresent()) {
                            return Optional.of(new AdapterKey(named.get(), end.getKey(), prefix.getValue(), foreign));
                        }
                    }
                }
            }
        }
        return Optional.empty();
    }

    private static Map<String, String> prefixes() {
        Map<String, String> prefixes = new LinkedHashMap<>();
        prefixes.put("model.diffusion_model.", "single-file");
        prefixes.put("base_model.model.", "peft");
        prefixes.put("diffusion_model.", "ai-toolkit");
        prefixes.put("transformer.", "diffusers");
        prefixes.put("lora_transformer_", "kohya");
        prefixes.put("lora_unet_", "kohya");
        prefixes.put("lycoris_", "lycoris");
        prefixes.put("", "bare");
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
