package dev.atelier.gateway.access;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class KeyLimitsTest {
    private static final ApiKey ANN = ApiKey.create("ann", false).known();
    private static final ApiKey BOB = ApiKey.create("bob", false).known();

    private static long allowed(KeyLimits limits, ApiKey key) {
        return IntStream.range(0, 1000).filter(i -> limits.take(key)).count();
    }

    @Test
    void allowsEachNameItsShareOfASecond() {
        KeyLimits limits = new KeyLimits(5);

        long taken = allowed(limits, ANN);
        assertTrue(taken >= 5 && taken <= 10, "allowed " + taken); // ten where a second began meanwhile
        assertTrue(limits.take(BOB));
        assertEquals(1, limits.retryAfter());
    }

    @Test
    void allowsAnyNumberWhereNoneIsSet() {
        assertEquals(1000, allowed(new KeyLimits(0), ANN));
    }
}
