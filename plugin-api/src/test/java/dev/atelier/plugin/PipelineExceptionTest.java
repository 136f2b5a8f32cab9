package dev.atelier.plugin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PipelineExceptionTest {
    @Test
    void keepsABoundedBeginningOfWhatItRepeats() {
        String huge = "k".repeat(1 << 20);
        Map<String, Object> nested = new HashMap<>();
        nested.put("text", huge);
        nested.put("nothing", null);

        PipelineException failure = new PipelineException(
                ErrorCode.LORA_INVALID,
                "file: " + huge,
                Map.of("key", huge, "keys", Collections.nCopies(100_000, huge), "nested", nested, "count", 7),
                null);

        assertEquals("file: " + "k".repeat(PipelineException.MOST_CHARACTERS - 6) + "...", failure.getMessage());
        String cut = "k".repeat(PipelineException.MOST_DETAIL_CHARACTERS) + "...";
        assertEquals(cut, failure.details().get("key"));
        assertEquals(Collections.nCopies(100, cut), failure.details().get("keys"));
        assertEquals(7, failure.details().get("count"));
        Map<?, ?> inner = (Map<?, ?>) failure.details().get("nested");
        assertEquals(cut, inner.get("text"));
        assertTrue(inner.containsKey("nothing"));
    }

    @Test
    void keepsWhatIsShortAndSplitsNoCharacter() {
        List<Object> values = new ArrayList<>(List.of("a", 1, true));
        PipelineException plain = new PipelineException(ErrorCode.LORA_INVALID, "why", Map.of("v", values), null);
        PipelineException pairs = new PipelineException(ErrorCode.LORA_INVALID, "x" + "\ud83c\udfa8".repeat(4000));

        assertEquals("why", plain.getMessage());
        assertEquals(Map.of("v", values), plain.details());
        assertEquals("x" + "\ud83c\udfa8".repeat(1999) + "...", pairs.getMessage());
    }
}
