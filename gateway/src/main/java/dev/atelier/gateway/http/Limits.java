package dev.atelier.gateway.http;

import dev.atelier.gateway.http.InferenceRequest.Prompt;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How much one request, or one client, may ask for.
 *
 * @param bodyBytes the largest body that is read
 * @param prompts how many pictures a request may ask for
 * @param promptCharacters the longest prompt, with its trigger words in place
 * @param pixels the largest picture
 * @param waiting how many pictures of one API key may wait; 0 is as many as the queue takes
 * @param streams how many requests a client may follow at a time
 */
public record Limits(long bodyBytes, int prompts, int promptCharacters, long pixels, int waiting, int streams) {
    /** The largest number of adapters that {@code MAX_LORAS} may let a request name. */
    public static final int LORAS = 100;

    /** Returns everything of a request that is too much. */
    List<Violation> exceededBy(InferenceRequest request) {
        List<Violation> violations = new ArrayList<>();
        int asked = request.sent().prompts();
        if (asked > prompts) {
            violations.add(tooMuch(List.of("body", "prompts"), prompts + " prompts", asked));
        }
        for (int i = 0; i < request.prompts().size(); i++) {
            check(request, i, violations);
        }
        return violations;
    }

    private void check(InferenceRequest request, int index, List<Violation> violations) {
        Prompt prompt = request.prompts().get(index);
        long length = request.promptLength(prompt);
        if (length > promptCharacters) {
            violations.add(tooMuch(place(index, "prompt"), promptCharacters + " characters", length));
        }
        int negative = Optional.ofNullable(prompt.negative()).orElse("").length();
        if (negative > promptCharacters) {
            violations.add(tooMuch(place(index, "neg"), promptCharacters + " characters", negative));
        }
        long area = side(prompt.width()) * side(prompt.height());
        if (area > pixels) {
            violations.add(tooMuch(List.of("body", "prompts", index), pixels + " pixels", area));
        }
    }

    /** A side that is not given becomes the model's, which is within every bound that makes sense. */
    private static long side(@Nullable Integer given) {
        return given == null ? InferenceRequest.USUAL_SIDE : given;
    }

    private static List<Object> place(int index, String field) {
        return List.of("body", "prompts", index, field);
    }

    private static Violation tooMuch(List<Object> place, String most, long actual) {
        return Rule.VALUE.at(place, "at most " + most + " but was " + actual);
    }
}
