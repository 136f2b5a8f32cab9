package dev.atelier.gateway.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RejectionPaceTest {
    private final AtomicLong nanos = new AtomicLong();
    private final RejectionPace pace = new RejectionPace(nanos::get);

    private long delayedOf(int rejections) {
        return IntStream.range(0, rejections).filter(i -> pace.exceeded()).count();
    }

    @Test
    void delaysOnlyTheRejectionsBeyond50InATenthOfASecond() {
        assertEquals(0, delayedOf(50));
        assertEquals(700, delayedOf(700));
    }

    @Test
    void countsEachTenthOfASecondAnew() {
        delayedOf(1_000);
        nanos.set(100_000_000L);
        assertFalse(pace.exceeded());
    }
}
