package dev.atelier.zimage.checkpoint;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.exc.InputCoercionException;
import com.fasterxml.jackson.core.util.JsonRecyclerPools;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.Reader;
import java.nio.charset.CharacterCodingException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads the JSON of a safetensors header as a stream. Checks its form; what it says about the file is checked by the
 * caller. Everything that takes memory is counted while it is read, so that a hostile header costs little before it is
 * rejected.
 */
final class SafetensorsHeader {
    /** A tensor as the header declares it, its offsets relative to the data area. */
    record Declared(String name, DType dtype, List<Long> shape, long begin, long end) {}

    /** A header that is not what the format asks for. */
    static final class Malformed extends Exception {
        private static final long serialVersionUID = 1L;

        Malformed(String message) {
            super(message);
        }
    }

    // Ten times what the largest checkpoints and adapters hold, and more.
    static final int MAX_TENSORS = 100_000;
    static final int MAX_NAME = 500;
    static final int MAX_METADATA = 10_000;
    static final int MAX_METADATA_KEY = 1_000;
    static final int MAX_METADATA_CHARACTERS = 16_000_000;

    // No tensor library goes further; a longer list is an attempt to fill the memory.
    private static final int MAX_DIMENSIONS = 64;
    private static final int MAX_NUMBERS = 1_000_000;
    private static final int MAX_FIELDS = 16;
    private static final int MAX_SKIPPED = 1_000;
    private static final int MAX_NESTING = 16;
    private static final int MAX_NAME_SHOWN = 200;

    // The names are as many as the tensors and never repeated, so a symbol table would only cost.
    private static final JsonFactory JSON = JsonFactory.builder()
            .recyclerPool(JsonRecyclerPools.nonRecyclingPool()) // a thread's own would keep this plugin loaded
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
            .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxStringLength(MAX_METADATA_CHARACTERS)
                    .maxNestingDepth(MAX_NESTING)
                    .build())
            .build();

    private final List<Declared> tensors = new ArrayList<>();
    private final Map<String, String> metadata = new LinkedHashMap<>();
    private long metadataCharacters;
    private int numbers;

    private SafetensorsHeader() {}

    /**
     * Reads the header's text, which is not empty.
     *
     * @throws IOException when the text cannot be read
     */
    static SafetensorsHeader parse(Reader text) throws IOException, Malformed {
        BufferedReader buffered = new BufferedReader(text);
        SafetensorsHeader header = new SafetensorsHeader();
        try {
            buffered.mark(1);
            int first = buffered.read();
            if (first != '{') {
                throw new Malformed("the header must begin with { but begins with "
                        + shown(first < 0 ? "" : Character.toString(first)));
            }
            buffered.reset();
            try (JsonParser json = JSON.createParser(buffered)) {
                header.read(json);
            }
        } catch (JsonProcessingException e) {
            throw new Malformed("the header " + JsonFile.problem(e));
        } catch (CharacterCodingException e) {
            throw new Malformed("the header is not valid UTF-8");
        }
        return header;
    }

    List<Declared> tensors() {
        return tensors;
    }

    Map<String, String> metadata() {
        return metadata;
    }

    /** Shortens and quotes a name, so that a message stays readable whatever the file holds. */
    static String shown(String name) {
        return "'" + (name.length() > MAX_NAME_SHOWN ? name.substring(0, MAX_NAME_SHOWN) + "..." : name) + "'";
    }

    private void read(JsonParser json) throws IOException, Malformed {
        json.nextToken();
        while (json.nextToken() != JsonToken.END_OBJECT) {
            String name = json.currentName();
            json.nextToken();
            if (name.equals("__metadata__")) {
                readMetadata(json);
            } else {
                requireRoomFor(name);
                tensors.add(readTensor(name, json));
            }
        }
        if (json.nextToken() != null) {
            throw new Malformed("the header must be one JSON object but more follows it");
        }
    }

    private void requireRoomFor(String name) throws Malformed {
        if (tensors.size() == MAX_TENSORS) {
            throw new Malformed("must hold at most " + MAX_TENSORS + " tensors but holds more");
        }
        if (name.length() > MAX_NAME) {
            throw new Malformed("the name of a tensor must have at most " + MAX_NAME + " characters but " + shown(name)
                    + " has " + name.length());
        }
    }

    private void readMetadata(JsonParser json) throws IOException, Malformed {
        expect(json, JsonToken.START_OBJECT, "__metadata__", "an object");
        while (json.nextToken() != JsonToken.END_OBJECT) {
            String key = json.currentName();
            json.nextToken();
            expect(json, JsonToken.VALUE_STRING, "__metadata__ " + shown(key), "a string");
            if (metadata.size() == MAX_METADATA) {
                throw new Malformed("__metadata__ must hold at most " + MAX_METADATA + " entries but holds more");
            }
            if (key.length() > MAX_METADATA_KEY) {
                throw new Malformed("a key of __metadata__ must have at most " + MAX_METADATA_KEY + " characters but "
                        + shown(key) + " has " + key.length());
            }
            metadataCharacters += key.length() + json.getTextLength();
            if (metadataCharacters > MAX_METADATA_CHARACTERS) {
                throw new Malformed(
                        "__metadata__ must have at most " + MAX_METADATA_CHARACTERS + " characters but has more");
            }
            metadata.put(key, json.getText());
        }
    }

    private Declared readTensor(String name, JsonParser json) throws IOException, Malformed {
        String where = "tensor " + shown(name);
        expect(json, JsonToken.START_OBJECT, where, "an object");
        DType dtype = null;
        List<Long> shape = null;
        List<Long> offsets = null;
        for (int fields = 0; json.nextToken() != JsonToken.END_OBJECT; fields++) {
            if (fields == MAX_FIELDS) {
                throw new Malformed(where + " must have at most " + MAX_FIELDS + " fields but has more");
            }
            String field = json.currentName();
            json.nextToken();
            switch (field) {
                case "dtype" -> dtype = readDType(where, json);
                case "shape" -> shape = readNumbers(where + ": shape", json);
                case "data_offsets" -> offsets = readNumbers(where + ": data_offsets", json);
                default -> skip(where, json);
            }
        }
        DType type = require(dtype, where, "dtype");
        List<Long> dimensions = require(shape, where, "shape");
        List<Long> span = require(offsets, where, "data_offsets");
        if (span.size() != 2) {
            throw new Malformed(where + ": data_offsets must be two numbers but are " + span.size());
        }
        return new Declared(name, type, dimensions, span.get(0), span.get(1));
    }

    /** Skips a field that the format does not know. */
    private static void skip(String where, JsonParser json) throws IOException, Malformed {
        int depth = 0;
        int skipped = 0;
        while (true) {
            JsonToken token = json.currentToken();
            if (token == null) {
                return; // the text has ended, which the next reading reports
            }
            depth += token.isStructStart() ? 1 : token.isStructEnd() ? -1 : 0;
            if (depth == 0) {
                return;
            }
            if (++skipped > MAX_SKIPPED) {
                throw new Malformed(where + " must not hold more than " + MAX_SKIPPED + " values of unknown fields");
            }
            json.nextToken();
        }
    }

    private static DType readDType(String where, JsonParser json) throws IOException, Malformed {
        expect(json, JsonToken.VALUE_STRING, where + ": dtype", "a string");
        String name = json.getText();
        return DType.ofName(name)
                .orElseThrow(() -> new Malformed(where + ": dtype " + shown(name) + " is none of the format's"));
    }

    private List<Long> readNumbers(String where, JsonParser json) throws IOException, Malformed {
        expect(json, JsonToken.START_ARRAY, where, "a list");
        List<Long> list = new ArrayList<>();
        while (json.nextToken() != JsonToken.END_ARRAY) {
            expect(json, JsonToken.VALUE_NUMBER_INT, where, "a list of whole numbers");
            list.add(readNumber(where, json));
            if (list.size() > MAX_DIMENSIONS) {
                throw new Malformed(where + " must hold at most " + MAX_DIMENSIONS + " numbers but holds more");
            }
            if (++numbers > MAX_NUMBERS) {
                throw new Malformed("shapes and offsets must hold at most " + MAX_NUMBERS + " numbers but hold more");
            }
        }
        return list;
    }

    private static long readNumber(String where, JsonParser json) throws IOException, Malformed {
        try {
            long number = json.getLongValue();
            if (number < 0) {
                throw new Malformed(where + " must not be negative but holds " + number);
            }
            return number;
        } catch (InputCoercionException e) {
            throw new Malformed(where + " must stay below 2^63 but holds " + shown(json.getText()));
        }
    }

    private static void expect(JsonParser json, JsonToken token, String where, String what) throws Malformed {
        if (json.currentToken() != token) {
            throw new Malformed(where + " must be " + what + " but is or holds " + kind(json.currentToken()));
        }
    }

    private static String kind(@Nullable JsonToken token) {
        if (token == null) {
            return "nothing";
        }
        return switch (token) {
            case START_OBJECT -> "an object";
            case START_ARRAY -> "a list";
            case VALUE_STRING -> "a string";
            case VALUE_NUMBER_INT -> "a whole number";
            case VALUE_NUMBER_FLOAT -> "a number with a fraction";
            case VALUE_TRUE, VALUE_FALSE -> "true or false";
            case VALUE_NULL -> "null";
            default -> "nothing";
        };
    }

    private static <T> T require(@Nullable T value, String where, String field) throws Malformed {
        if (value == null) {
            throw new Malformed(where + ": " + field + " is missing");
        }
        return value;
    }
}
