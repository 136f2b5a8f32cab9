package dev.atelier.gateway.job;

import com.fasterxml.jackson.annotation.JsonFormat;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.JsonSerializer;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import com.fasterxml.jackson.databind.annotation.JsonSerialize;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import dev.atelier.plugin.GenerationPlan;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.List;

/**
 * The JSON columns. Seeds are unsigned decimal text, because JSON numbers above 2^53 are not safe with every reader;
 * instants are ISO text; unknown fields are ignored, so that an older gateway reads what a newer one wrote.
 */
final class JobJson {
    private static final ObjectMapper MAPPER = JsonMapper.builder()
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .addModule(new SimpleModule()
                    .addSerializer(Instant.class, new InstantWriter())
                    .addDeserializer(Instant.class, new InstantReader()))
            .addMixIn(GenerationPlan.class, UnsignedSeed.class)
            .build();
    private static final TypeReference<List<String>> STRINGS = new TypeReference<>() {};

    private JobJson() {}

    static String write(Object value) {
        try {
            return MAPPER.writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException("cannot store " + value.getClass().getSimpleName(), e);
        }
    }

    static <T> T read(String json, Class<T> type) {
        try {
            return MAPPER.readValue(json, type);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException("stored " + type.getSimpleName() + " is not readable", e);
        }
    }

    static List<String> readStrings(String json) {
        try {
            return MAPPER.readValue(json, STRINGS);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException("stored list is not readable", e);
        }
    }

    /** Tells Jackson how a plan's seed is written; plugin-api itself knows no JSON. */
    private interface UnsignedSeed {
        @SuppressWarnings("UnusedMethod") // Jackson reads its annotations
        @JsonSerialize(using = SeedWriter.class)
        @JsonDeserialize(using = SeedReader.class)
        @JsonFormat(shape = JsonFormat.Shape.STRING)
        long seed();
    }

    private static final class SeedWriter extends JsonSerializer<Long> {
        @Override
        public void serialize(Long seed, JsonGenerator json, SerializerProvider provider) throws IOException {
            json.writeString(Long.toUnsignedString(seed));
        }
    }

    private static final class SeedReader extends JsonDeserializer<Long> {
        @Override
        public Long deserialize(JsonParser json, DeserializationContext context) throws IOException {
            return Long.parseUnsignedLong(json.getText());
        }
    }

    private static final class InstantWriter extends JsonSerializer<Instant> {
        @Override
        public void serialize(Instant instant, JsonGenerator json, SerializerProvider provider) throws IOException {
            json.writeString(instant.toString());
        }
    }

    private static final class InstantReader extends JsonDeserializer<Instant> {
        @Override
        public Instant deserialize(JsonParser json, DeserializationContext context) throws IOException {
            return Instant.parse(json.getText());
        }
    }
}
