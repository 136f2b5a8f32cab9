package dev.atelier.zimage.text;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Turns a prompt into the token ids of a chat with one user message, as {@code apply_chat_template} with a generation
 * prompt and Hugging Face's tokenizer do; see {@link ChatFormat} for the text. Special tokens written in the prompt are
 * recognised, as there.
 *
 * <p>Thread-safe: one call at a time. Holds native memory until it is closed.
 */
public final class ChatTokenizer implements AutoCloseable {
    private static final String FILE_NAME = "tokenizer.json";
    private static final long MAX_BYTES = 200_000_000;
    private static final char REPLACEMENT = '\ufffd';

    private final HuggingFaceTokenizer tokenizer;

    private ChatTokenizer(HuggingFaceTokenizer tokenizer) {
        this.tokenizer = tokenizer;
    }

    /**
     * Reads a tokenizer.
     *
     * @param folder holds {@code tokenizer.json}, and the chat template where the checkpoint has one
     * @param maxTokens where every text is cut, at its end
     * @throws PipelineException {@link ErrorCode#CHECKPOINT_INVALID} when the file is missing or malformed, or the
     *     checkpoint asks for another chat format
     */
    public static ChatTokenizer open(Path folder, int maxTokens) {
        Path file = folder.resolve(FILE_NAME);
        check(file);
        ChatFormat.check(folder);
        TokenizerLibrary.load();
        Map<String, String> options = Map.of(
                "truncation", "true",
                "maxLength", String.valueOf(maxTokens),
                "modelMaxLength", String.valueOf(maxTokens),
                "padding", "false",
                "addSpecialTokens", "true");
        try (InputStream json = Files.newInputStream(file)) {
            return new ChatTokenizer(HuggingFaceTokenizer.newInstance(json, options));
        } catch (IOException e) {
            throw invalid(file, "cannot be read: " + e, e);
        } catch (RuntimeException e) {
            // What the native library throws for a file that it does not understand has no type of its own.
            throw invalid(file, "is no valid tokenizer", e);
        }
    }

    /** Returns the ids of a chat with this prompt, at most the bound given when the tokenizer was opened. */
    public long[] encode(String prompt) {
        return encoding(prompt).getIds();
    }

    /** Counts the tokens of a chat with this prompt. */
    public Count count(String prompt) {
        Encoding encoding = encoding(prompt);
        return new Count(encoding.getIds().length, encoding.exceedMaxLength());
    }

    /**
     * How many tokens a chat has.
     *
     * @param tokens that are read, at most the bound given when the tokenizer was opened
     * @param truncated whether it had more
     */
    public record Count(int tokens, boolean truncated) {}

    private synchronized Encoding encoding(String prompt) {
        return tokenizer.encode(ChatFormat.apply(withoutLoneSurrogates(prompt)));
    }

    @Override
    public synchronized void close() {
        tokenizer.close();
    }

    private static void check(Path file) {
        try {
            if (!Files.isRegularFile(file)) {
                throw invalid(file, "is missing", null);
            }
            long size = Files.size(file);
            if (size > MAX_BYTES) {
                throw invalid(file, "must be at most " + MAX_BYTES + " bytes but is " + size, null);
            }
        } catch (IOException e) {
            throw invalid(file, "cannot be read: " + e, e);
        }
    }

    /** Half a surrogate pair is no character and has no UTF-8; the native side would garble the whole text. */
    private static String withoutLoneSurrogates(String text) {
        StringBuilder clean = new StringBuilder(text.length());
        text.codePoints()
                .map(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE ? REPLACEMENT : c)
                .forEach(clean::appendCodePoint);
        return clean.toString();
    }

    private static PipelineException invalid(Path file, String what, @Nullable Throwable cause) {
        return new PipelineException(ErrorCode.CHECKPOINT_INVALID, file + ": " + what, cause);
    }
}
