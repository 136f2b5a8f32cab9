package dev.atelier.zimage.checkpoint;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.exc.InputCoercionException;
import com.fasterxml.jackson.core.util.JsonRecyclerPools;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads the JSON of a safetensors header. Checks its form; what it says about the file is checked by the caller. */
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

    // No tensor library goes further; a longer list is an attempt to fill the memory.
    private static final int MAX_DIMENSIONS = 64;
    private static final int MAX_NAME_SHOWN = 200;

    // The names are as many as the tensors and never repeated, so a symbol table would only cost.
    private static final JsonFactory JSON = JsonFactory.builder()
            .recyclerPool(JsonRecyclerPools.nonRecyclingPool()) // a thread's own would keep this plugin loaded
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
            .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
            .build();

    private final List<Declared> tensors = new ArrayList<>();
    private final Map<String, String> metadata = new LinkedHashMap<>();

    private SafetensorsHeader() {}

    /** Reads the header's text. */
    static SafetensorsHeader parse(String text) throws Malformed {
        if (!text.startsWith("{")) {
            throw new Malformed("the header must begin with { but begins with " + shown(text.substring(0, 1)));
        }
        SafetensorsHeader header = new SafetensorsHeader();
        try (JsonParser json = JSON.createParser(text)) {
            header.read(json);
        } catch (JsonProcessingException e) {
            throw new Malformed("the header " + JsonFile.problem(e));
        } catch (IOException e) {
            throw new Malformed("the header is no valid JSON");
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
                tensors.add(readTensor(name, json));
            }
        }
        if (json.nextToken() != null) {
            throw new Malformed("the header must be one JSON object but more follows it");
        }
    }

    private void readMetadata(JsonParser json) throws IOException, Malformed {
        expect(json, JsonToken.START_OBJECT, "__metadata__", "an object");
        while (json.nextToken() != JsonToken.END_OBJECT) {
            String key = json.currentName();
            json.nextToken();
            expect(json, JsonToken.VALUE_STRING, "__metadata__ " + shown(key), "a string");
            metadata.put(key, json.getText());
        }
    }

    private static Declared readTensor(String name, JsonParser json) throws IOException, Malformed {
        String where = "tensor " + shown(name);
        expect(json, JsonToken.START_OBJECT, where, "an object");
        DType dtype = null;
        List<Long> shape = null;
        List<Long> offsets = null;
        while (json.nextToken() != JsonToken.END_OBJECT) {
            String field = json.currentName();
            json.nextToken();
            switch (field) {
                case "dtype" -> dtype = readDType(where, json);
                case "shape" -> shape = readNumbers(where + ": shape", json);
                case "data_offsets" -> offsets = readNumbers(where + ": data_offsets", json);
                default -> json.skipChildren();
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

    private static DType readDType(String where, JsonParser json) throws IOException, Malformed {
        expect(json, JsonToken.VALUE_STRING, where + ": dtype", "a string");
        String name = json.getText();
        return DType.ofName(name)
                .orElseThrow(() -> new Malformed(where + ": dtype " + shown(name) + " is none of the format's"));
    }

    private static List<Long> readNumbers(String where, JsonParser json) throws IOException, Malformed {
        expect(json, JsonToken.START_ARRAY, where, "a list");
        List<Long> numbers = new ArrayList<>();
        while (json.nextToken() != JsonToken.END_ARRAY) {
            expect(json, JsonToken.VALUE_NUMBER_INT, where, "a list of whole numbers");
            numbers.add(readNumber(where, json));
            if (numbers.size() > MAX_DIMENSIONS) {
                throw new Malformed(where + " must hold at most " + MAX_DIMENSIONS + " numbers but holds more");
            }
        }
        return numbers;
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
