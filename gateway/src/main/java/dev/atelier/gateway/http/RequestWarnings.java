package dev.atelier.gateway.http;

import dev.atelier.gateway.http.Warning.Code;
import dev.atelier.gateway.text.EditDistance;
import dev.atelier.plugin.PipelineDescriptor;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Finds the parts of a submission that have no effect: unknown fields, and fields that its model ignores. */
final class RequestWarnings {
    /** How many warnings an answer lists. */
    static final int MOST = 20;

    private static final int SHORTEST_PART = 3;
    private static final int LONGEST_COMPARED = 100;

    /** The fields of the objects in a request, by the way to these. */
    private final Map<String, Set<String>> known = new LinkedHashMap<>();

    /** Takes the known fields from the contract. */
    RequestWarnings(JsonObject contract) {
        JsonObject schemas = contract.getJsonObject("components").getJsonObject("schemas");
        Map.of("body", "InferenceRequest", "body.prompts[]", "Prompt", "body.loras[]", "Lora")
                .forEach((object, schema) -> known.put(
                        object,
                        schemas.getJsonObject(schema)
                                .getJsonObject("properties")
                                .fieldNames()));
    }

    /**
     * Returns the first warnings about a request.
     *
     * @param body as it was read, without unknown fields
     * @param unknownFields the places of the fields that the contract does not know
     * @param model the request's; empty where nothing is known about it
     */
    List<Warning> of(JsonObject body, List<List<Object>> unknownFields, Optional<PipelineDescriptor> model) {
        List<Warning> warnings = new ArrayList<>();
        unknownFields.stream().limit(MOST).map(this::unknown).forEach(warnings::add);
        model.ifPresent(descriptor -> UnusedParameters.of(body, descriptor).stream()
                .limit(MOST - warnings.size())
                .map(place -> unused(place, descriptor))
                .forEach(warnings::add));
        return warnings;
    }

    private static Warning unused(List<Object> place, PipelineDescriptor model) {
        return new Warning(
                Code.UNUSED_PARAMETER, place, "Model '" + model.modelId() + "' does not use '" + last(place) + "'.");
    }

    private Warning unknown(List<Object> place) {
        String name = last(place);
        String object = object(place);
        String suggestion = elsewhere(name, object)
                .or(() -> closest(name, known.getOrDefault(object, Set.of())))
                .map(field -> " Did you mean '" + field + "'?")
                .orElse("");
        return new Warning(Code.UNKNOWN_FIELD, place, "Unknown field '" + name + "'." + suggestion);
    }

    private static String last(List<Object> place) {
        return String.valueOf(place.get(place.size() - 1));
    }

    /** Returns the way to the object that holds a field, with any index as {@code []}. */
    private static String object(List<Object> place) {
        StringBuilder way = new StringBuilder();
        for (Object step : place.subList(0, place.size() - 1)) {
            way.append(step instanceof Number ? "[]" : way.isEmpty() ? step : "." + step);
        }
        return way.toString();
    }

    /** Returns the way to the field of that name in another object of the request. */
    private Optional<String> elsewhere(String name, String object) {
        return known.entrySet().stream()
                .filter(fields ->
                        !fields.getKey().equals(object) && fields.getValue().contains(name))
                .map(fields -> fields.getKey() + "." + name)
                .sorted()
                .findFirst();
    }

    /**
     * Returns the known name that is spelled most like a name, or else shares a part with it; empty where none does.
     */
    private static Optional<String> closest(String name, Set<String> names) {
        String written = spelling(name);
        return names.stream()
                .filter(candidate -> difference(written, spelling(candidate)) < Integer.MAX_VALUE)
                .min(Comparator.<String>comparingInt(candidate -> difference(written, spelling(candidate)))
                        .thenComparing(Comparator.naturalOrder()));
    }

    /**
     * Returns how much two names differ: misspelled ones least, then those of which one begins with or has the other.
     */
    private static int difference(String first, String second) {
        String longer = first.length() > second.length() ? first : second;
        String shorter = first.length() > second.length() ? second : first;
        int distance = EditDistance.between(first, second);
        if (distance <= Math.max(1, longer.length() / 3)) {
            return distance;
        }
        int more = longer.length() - shorter.length();
        if (shorter.length() < SHORTEST_PART || !longer.contains(shorter)) {
            return Integer.MAX_VALUE;
        }
        return longer.startsWith(shorter) ? LONGEST_COMPARED + more : 2 * LONGEST_COMPARED + more;
    }

    /** Returns a name without what names of one meaning differ in: {@code sampleSteps} is {@code sample_steps}. */
    private static String spelling(String name) {
        return name.substring(0, Math.min(name.length(), LONGEST_COMPARED))
                .toLowerCase(Locale.ROOT)
                .replace("_", "")
                .replace("-", "");
    }
}
