package dev.atelier.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.Test;

class MedianTest {
    @Test
    void takesTheMiddleOfAnOddNumber() {
        assertEquals(2.0, Median.of(List.of(9.0, 1.0, 2.0)));
    }

    @Test
    void takesTheMeanOfTheTwoInTheMiddleOfAnEvenNumber() {
        assertEquals(2.5, Median.of(List.of(9.0, 1.0, 3.0, 2.0)));
    }

    @Test
    void refusesAnEmptyList() {
        assertThrows(IllegalArgumentException.class, () -> Median.of(List.of()));
    }
}
