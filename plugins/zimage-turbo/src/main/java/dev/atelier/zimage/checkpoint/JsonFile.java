package dev.atelier.zimage.checkpoint;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.core.util.JsonRecyclerPools;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.atelier.zimage.checkpoint.Config.Named;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads JSON objects of a checkpoint or an adapter. Messages say where the text is wrong, not what a parser calls it.
 */
final class JsonFile {
    private static final JsonMapper JSON = JsonMapper.builder(JsonFactory.builder()
                    .recyclerPool(JsonRecyclerPools.nonRecyclingPool()) // a thread's own would keep this plugin loaded
                    .build())
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private static final Pattern TWICE = Pattern.compile("Duplicate field '(.*)'", Pattern.DOTALL);

    private JsonFile() {}

    /** Reads a file that holds one object. */
    static ObjectNode read(Path file, Named named, long maxBytes) {
        try {
            if (!Files.isRegularFile(file)) {
                throw named.invalid("is missing", null);
            }
            long size = Files.size(file);
            if (size > maxBytes) {
                throw named.invalid("must be at most " + maxBytes + " bytes but is " + size, null);
            }
            return object(JSON.readTree(Files.readAllBytes(file)), named);
        } catch (JsonProcessingException e) {
            throw named.invalid(problem(e), e);
        } catch (IOException e) {
            throw named.invalid("cannot be read: " + e.getClass().getSimpleName(), e);
        }
    }

    /** Reads a text that holds one object. */
    static ObjectNode parse(String text, Named named) {
        try {
            return object(JSON.readTree(text), named);
        } catch (JsonProcessingException e) {
            throw named.invalid(problem(e), e);
        }
    }

    /** Says where a text is no JSON, or which field it has twice. */
    static String problem(JsonProcessingException e) {
        JsonLocation location = e.getLocation();
        String where =
                location == null ? "" : " (line " + location.getLineNr() + ", column " + location.getColumnNr() + ")";
        String message = String.valueOf(e.getOriginalMessage());
        int value = message.indexOf(" (");
        if (e instanceof StreamConstraintsException && value > 0) { // such as "Name length (50001) exceeds ..."
            return "exceeds the limit of " + message.substring(0, value).toLowerCase(Locale.ROOT) + where;
        }
        Matcher twice = TWICE.matcher(message);
        return (twice.matches()
                        ? "has field " + SafetensorsHeader.shown(twice.group(1)) + " twice"
                        : "is no valid JSON")
                + where;
    }

    /** Returns what a value is, in words. */
    static String kind(@Nullable JsonNode node) {
        if (node == null) {
            return "missing";
        }
        return switch (node.getNodeType()) {
            case ARRAY -> "a list";
            case OBJECT -> "an object";
            case STRING -> "a string";
            case NUMBER -> "a number";
            case BOOLEAN -> "true or false";
            case NULL -> "null";
            default -> "nothing";
        };
    }

    private static ObjectNode object(JsonNode node, Named named) {
        if (node instanceof ObjectNode object) {
            return object;
        }
        throw named.invalid("must hold a JSON object but holds " + kind(node), null);
    }
}
