package dev.atelier.zimage;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** The parts of a Z-Image checkpoint; each lies in a folder of its name. */
enum Component {
    /** Noise levels. */
    SCHEDULER,
    /** Text to token ids. */
    TOKENIZER,
    /** Token ids to caption features. */
    TEXT_ENCODER,
    /** Latents, caption and time to velocity. */
    TRANSFORMER,
    /** Latents to pixels. */
    VAE;

    /** Returns the name in descriptors and the folder's name. */
    String id() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Returns the names of all. */
    static List<String> ids() {
        return Arrays.stream(values()).map(Component::id).toList();
    }
}
