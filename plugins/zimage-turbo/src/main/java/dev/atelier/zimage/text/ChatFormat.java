package dev.atelier.zimage.text;

import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import dev.atelier.zimage.checkpoint.Config;
import dev.atelier.zimage.checkpoint.Config.Named;
import dev.atelier.zimage.text.TemplateValues.Unsupported;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The one chat format that prompts are put into, and the check that a checkpoint asks for it: {@code <|im_start|>user\n
 * PROMPT <|im_end|>\n<|im_start|>assistant\n} without the blanks around the prompt. A checkpoint may write its template
 * as it likes, as long as it gives this text; one that brings no template gets it.
 */
final class ChatFormat {
    private static final String BEFORE = "<|im_start|>user\n";
    private static final String AFTER = "<|im_end|>\n<|im_start|>assistant\n";
    private static final String CONFIG = "tokenizer_config.json";
    private static final String TEMPLATE = "chat_template";
    private static final String TEMPLATE_FILE = TEMPLATE + ".jinja";
    private static final long MAX_BYTES = 10_000_000;
    private static final int MAX_TEMPLATE = 200_000;

    /** Templates that trim a prompt, or treat an empty one in a way of their own, show it with these. */
    private static final List<String> PROBES = List.of(" a photo\nof <b> 'x' ", "");

    private ChatFormat() {}

    /** Returns a prompt as the text encoder reads it. */
    static String apply(String prompt) {
        return BEFORE + prompt + AFTER;
    }

    /**
     * Checks the template of a tokenizer's folder, where it has one. As in transformers, {@code chat_template.jinja}
     * comes before {@code tokenizer_config.json}.
     *
     * @throws PipelineException {@link ErrorCode#CHECKPOINT_INVALID} when it gives another text
     */
    static void check(Path folder) {
        Path file = folder.resolve(TEMPLATE_FILE);
        if (Files.exists(file)) {
            check(new Named(file.toString(), ErrorCode.CHECKPOINT_INVALID), read(file));
            return;
        }
        Path config = folder.resolve(CONFIG);
        if (Files.exists(config)) {
            Named named = new Named(config.toString(), ErrorCode.CHECKPOINT_INVALID);
            template(Config.open(config, named, MAX_BYTES))
                    .ifPresent(template -> check(new Named(config + ": " + TEMPLATE, named.code()), template));
        }
    }

    /** A config may hold several templates by name. */
    private static Optional<String> template(Config config) {
        if (!config.has(TEMPLATE)) {
            return Optional.empty();
        }
        if (config.isText(TEMPLATE)) {
            return Optional.of(config.text(TEMPLATE));
        }
        return Optional.of(config.objects(TEMPLATE).stream()
                .filter(named -> named.text("name").equals("default"))
                .findFirst()
                .orElseThrow(() -> config.invalid(TEMPLATE, "must hold one named default but does not"))
                .text("template"));
    }

    private static void check(Named named, String template) {
        if (template.length() > MAX_TEMPLATE) {
            throw invalid(named, "must have at most " + MAX_TEMPLATE + " characters but has " + template.length());
        }
        for (String prompt : PROBES) {
            String expected = apply(prompt);
            String given;
            try {
                given = ChatTemplate.render(template, prompt);
            } catch (Unsupported e) {
                throw invalid(
                        named,
                        "must give " + shown(expected) + " for one user message, which cannot be told because it uses "
                                + e.getMessage());
            }
            if (!given.equals(expected)) {
                throw invalid(
                        named,
                        "must give " + shown(expected) + " for one user message, as Qwen3's does, but gives "
                                + shown(given));
            }
        }
    }

    private static String read(Path file) {
        try {
            if (Files.size(file) > MAX_TEMPLATE * 4L) {
                throw new PipelineException(
                        ErrorCode.CHECKPOINT_INVALID,
                        file + ": must be at most " + MAX_TEMPLATE * 4L + " bytes but is " + Files.size(file));
            }
            return Files.readString(file);
        } catch (IOException e) {
            throw new PipelineException(
                    ErrorCode.CHECKPOINT_INVALID,
                    file + ": cannot be read as text: " + e.getClass().getSimpleName(),
                    e);
        }
    }

    private static String shown(String text) {
        String line = text.replace("\n", "\\n");
        return "'" + (line.length() > 300 ? line.substring(0, 300) + "..." : line) + "'";
    }

    private static PipelineException invalid(Named named, String problem) {
        return new PipelineException(named.code(), named.name() + ": " + problem);
    }
}
