package dev.atelier.zimage.adapter;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the name of a tensor in an adapter file says: {@code PREFIX MODULE SUFFIX}, where each of the three is spelled
 * in one of several ways.
 *
 * @param module the module's name in the checkpoint
 * @param part what the tensor is to the module
 * @param algorithm {@code LoRA}, or another whose tensor this is
 * @param writer who writes keys with this prefix
 */
record AdapterKey(String module, Part part, String algorithm, String writer) {
    /** The tensors of an adapted module. */
    enum Part {
        /** A of B(A x): {@code [rank, in]}. */
        DOWN,
        /** B of B(A x): {@code [out, rank]}. */
        UP,
        /** A number; over the rank it is the module's scale. */
        ALPHA,
        /** A tensor of an algorithm that is not computed here. */
        OTHER
    }

    private static final String LORA = "LoRA";

    /** What a key's end says; a key fits one at most. The first group is the prefix and the module. */
    private static final Map<Part, Pattern> PATTERNS = Map.of(
            Part.DOWN, Pattern.compile("(.+)\\.(?:lora_A|lora_down|lora\\.down)(?:\\.default)?\\.weight"),
            Part.UP, Pattern.compile("(.+)\\.(?:lora_B|lora_up|lora\\.up)(?:\\.default)?\\.weight"),
            Part.ALPHA, Pattern.compile("(.+)\\.alpha"),
            Part.OTHER,
                    Pattern.compile("(.+)\\.(?:(?<dora>magnitude|dora_scale|lora_magnitude_vector)"
                            + "|(?<family>lokr|hada|oft|boft)_\\w+|(?<diff>diff|diff_b)|lora_mid)"
                            + "(?:\\.default)?(?:\\.weight)?"));

    private static final Map<String, String> FAMILIES =
            Map.of("lokr", "LoKr", "hada", "LoHa", "oft", "OFT", "boft", "BOFT");

    /** The longest first: each is tried where the key begins with it. */
    private static final Map<String, String> PREFIXES = prefixes();

    /**
     * Reads a tensor's name.
     *
     * @param aliases other spellings of how modules' names begin, up to a dot or the end, with the checkpoint's
     * @param isModule says whether the model has a module of that name
     * @return empty when no module of the model is meant, or nothing that is known is said about it
     */
    static Optional<AdapterKey> parse(String key, Map<String, String> aliases, Predicate<String> isModule) {
        for (Map.Entry<Part, Pattern> pattern : PATTERNS.entrySet()) {
            Matcher matcher = pattern.getValue().matcher(key);
            if (matcher.matches()) {
                String algorithm = pattern.getKey() == Part.OTHER ? algorithm(matcher) : LORA;
                for (Map.Entry<String, String> prefix : PREFIXES.entrySet()) {
                    Optional<String> module =
                            strip(matcher.group(1), prefix.getKey(), aliases).filter(isModule);
                    if (module.isPresent()) {
                        return Optional.of(
                                new AdapterKey(module.get(), pattern.getKey(), algorithm, prefix.getValue()));
                    }
                }
            }
        }
        return Optional.empty();
    }

    /** Returns what reports call this key's form, such as {@code ai-toolkit lora}. */
    String form() {
        return writer + " " + algorithm.toLowerCase(Locale.ROOT);
    }

    private static Map<String, String> prefixes() {
        Map<String, String> prefixes = new LinkedHashMap<>();
        prefixes.put("model.diffusion_model.", "single-file");
        prefixes.put("diffusion_model.", "ai-toolkit");
        prefixes.put("transformer.", "diffusers");
        prefixes.put("", "bare");
        return prefixes;
    }

    private static String algorithm(Matcher other) {
        if (other.group("dora") != null) {
            return "DoRA";
        }
        String family = other.group("family");
        if (family != null) {
            return FAMILIES.getOrDefault(family, family);
        }
        return other.group("diff") != null ? "full difference" : "Tucker decomposition";
    }

    private static Optional<String> strip(String path, String prefix, Map<String, String> aliases) {
        if (!path.startsWith(prefix)) {
            return Optional.empty();
        }
        String module = path.substring(prefix.length());
        for (Map.Entry<String, String> alias : aliases.entrySet()) {
            String spelled = alias.getKey();
            if (module.equals(spelled) || module.startsWith(spelled + ".")) {
                return Optional.of(alias.getValue() + module.substring(spelled.length()));
            }
        }
        return Optional.of(module);
    }
}
