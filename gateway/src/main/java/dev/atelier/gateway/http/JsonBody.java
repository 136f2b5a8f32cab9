package dev.atelier.gateway.http;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads the bytes of a body as JSON, strictly: UTF-8, one value, no comments, no NaN, no bottomless nesting. */
final class JsonBody {
    /** Clients choose the names, so that a table of them would only grow. */
    private static final JsonFactory FACTORY = JsonFactory.builder()
            .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
            .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
            .build();

    private static final byte[] BYTE_ORDER_MARK = {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF};
    private static final List<String> BEFORE_A_WORD = List.of("Unrecognized token", "Numeric value");

    private JsonBody() {}

    /**
     * Reads a body.
     *
     * @return maps, lists, texts, numbers, truth values or null, as {@link SchemaReader#read} returns them
     * @throws UnreadableBody when it is no UTF-8 text, or exceeds the parser's bounds
     * @throws InvalidRequest when it is no JSON
     */
    static @Nullable Object read(Buffer body, RequestSchema schema, SchemaReader reader) {
        try (Reader text = new InputStreamReader(new Bytes(body), StandardCharsets.UTF_8.newDecoder())) {
            return read(text, schema, reader);
        } catch (IOException e) {
            throw new UnreadableBody(e);
        }
    }

    private static @Nullable Object read(Reader text, RequestSchema schema, SchemaReader reader) throws IOException {
        try (JsonParser parser = FACTORY.createParser(text)) {
            if (parser.nextToken() == null) {
                throw invalid(parser.currentLocation().getCharOffset(), "No content");
            }
            Object value = reader.read(schema, parser);
            if (parser.nextToken() != null) {
                throw invalid(parser.currentTokenLocation().getCharOffset(), "Unexpected content after the value");
            }
            return value;
        } catch (StreamConstraintsException e) {
            throw new UnreadableBody(e);
        } catch (JsonProcessingException e) {
            requireText(text);
            throw invalid(e.getLocation() == null ? 0 : e.getLocation().getCharOffset(), problem(e));
        }
    }

    private static InvalidRequest invalid(long at, String problem) {
        return new InvalidRequest(List.of(Rule.JSON.at(List.of("body", Math.max(0, at)), problem)));
    }

    /** Reads the rest: a body that is no text at all is unreadable, wherever it stops being JSON. */
    private static void requireText(Reader text) throws CharacterCodingException {
        char[] rest = new char[8192];
        try {
            int read;
            do {
                read = text.read(rest);
            } while (read >= 0);
        } catch (CharacterCodingException e) {
            throw e;
        } catch (IOException e) {
            // the parser has closed the reader, at its end
        }
    }

    /** A malformed body may hold a prompt or a token, so the message repeats none of it. */
    private static String problem(JsonProcessingException failure) {
        String message = String.valueOf(failure.getOriginalMessage());
        for (String before : BEFORE_A_WORD) {
            if (message.startsWith(before)) {
                return before;
            }
        }
        return message.split(": | \\(", 2)[0]; // behind that, the parser describes its state
    }

    /** The bytes of a buffer, without the mark that some programs write ahead of a text. */
    private static final class Bytes extends InputStream {
        private final Buffer buffer;
        private int at;

        Bytes(Buffer buffer) {
            this.buffer = buffer;
            boolean marked = buffer.length() >= BYTE_ORDER_MARK.length;
            for (int i = 0; marked && i < BYTE_ORDER_MARK.length; i++) {
                marked = buffer.getByte(i) == BYTE_ORDER_MARK[i];
            }
            at = marked ? BYTE_ORDER_MARK.length : 0;
        }

        @Override
        public int read() {
            return at < buffer.length() ? buffer.getByte(at++) & 0xFF : -1;
        }

        @Override
        public int read(byte[] into, int offset, int length) {
            int count = Math.min(length, buffer.length() - at);
            if (count <= 0) {
                return length == 0 ? 0 : -1;
            }
            buffer.getBytes(at, at + count, into, offset);
            at += count;
            return count;
        }
    }
}
