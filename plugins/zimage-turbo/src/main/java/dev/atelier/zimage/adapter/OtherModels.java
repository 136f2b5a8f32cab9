package dev.atelier.zimage.adapter;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** Recognises by the tensors' names for which other model an adapter was trained. */
final class OtherModels {
    /** The first that fits counts: some share names, and the more particular ones stand first. */
    private static final Map<String, Pattern> BY_KEYS = byKeys();

    private OtherModels() {}

    /** Returns the model that the names tell of, empty when they tell of none. */
    static Optional<String> of(Collection<String> keys) {
        return BY_KEYS.entrySet().stream()
                .filter(model -> keys.stream()
                        .anyMatch(key -> model.getValue().matcher(key).find()))
                .map(Map.Entry::getKey)
                .findFirst();
    }

    private static Map<String, Pattern> byKeys() {
        Map<String, Pattern> models = new LinkedHashMap<>();
        put(models, "HunyuanVideo", "double_blocks[._]\\d+[._](?:img|txt)_attn_(?:qkv|proj)|individual_token_refiner");
        put(models, "Chroma", "distilled_guidance_layer");
        put(models, "HiDream", "double_stream_blocks|single_stream_blocks");
        put(models, "FLUX", "double_blocks[._]\\d|single_blocks[._]\\d|single_transformer_blocks[._]\\d");
        put(models, "Qwen-Image", "transformer_blocks[._]\\d+[._](?:img_m|txt_m)(?:lp|od)");
        put(
                models,
                "Stable Diffusion 3",
                "joint_blocks[._]\\d|transformer_blocks[._]\\d+[._](?:ff_context|attn[._]add_[qkv]_proj)");
        put(models, "Wan", "(?<!transformer_)(?<!joint_)blocks[._]\\d+[._](?:self_attn|cross_attn)[._][qkvo]");
        put(models, "LTX-Video or PixArt", "transformer_blocks[._]\\d+[._]attn[12][._]to");
        put(models, "Stable Diffusion XL", "lora_te2_|text_encoder_2|add_embedding|label_emb");
        put(
                models,
                "Stable Diffusion or Stable Diffusion XL",
                "(?:down|up|input|output)_blocks[._]\\d|mid(?:dle)?_block[._]|lora_te1?_text_model");
        return models;
    }

    private static void put(Map<String, Pattern> models, String name, String expression) {
        models.put(name, Pattern.compile(expression));
    }
}
