package dev.atelier.gateway.http;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import io.vertx.core.buffer.Buffer;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads the bytes of a body as JSON, strictly: UTF-8, one value, no comments, no NaN, no bottomless nesting. */
final class JsonBody {
    private static final ObjectReader READER = new ObjectMapper(new JsonFactory())
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .readerFor(Object.class);
    private static final Pattern WORD =
            Pattern.compile("(Unrecognized token|Numeric value) [('].*?[')](?=[: ])", Pattern.DOTALL);

    private JsonBody() {}

    /**
     * Reads a body.
     *
     * @return maps, lists, strings, numbers, booleans or null
     * @throws UnreadableBody when it is no UTF-8 text, or exceeds the parser's bounds
     * @throws InvalidRequest when it is no JSON
     */
    static @Nullable Object read(Buffer body) {
        String text = text(body);
        try {
            return READER.readValue(text);
        } catch (StreamConstraintsException e) {
            throw new UnreadableBody(e);
        } catch (JsonProcessingException e) {
            long at = e.getLocation() == null ? 0 : Math.max(0, e.getLocation().getCharOffset());
            throw new InvalidRequest(List.of(Rule.JSON.at(List.of("body", at), problem(e))));
        }
    }

    /** What is in a body may be a prompt or a token, also where it is out of place: no word of it is told. */
    private static String problem(JsonProcessingException failure) {
        return WORD.matcher(failure.getOriginalMessage()).replaceAll("$1");
    }

    private static String text(Buffer body) {
        try {
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(body.getBytes()))
                    .toString();
            return text.startsWith("\uFEFF") ? text.substring(1) : text;
        } catch (CharacterCodingException e) {
            throw new UnreadableBody(e);
        }
    }
}
