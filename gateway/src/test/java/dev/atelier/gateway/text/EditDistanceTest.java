package dev.atelier.gateway.text;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EditDistanceTest {
    @ParameterizedTest
    @CsvSource({
        "'', '', 0",
        "seed, seed, 0",
        "'', seed, 4",
        "sead, seed, 1",
        "sed, seed, 1",
        "seeed, seed, 1",
        "esed, seed, 1",
        "widht, width, 1",
        "kitten, sitting, 3",
        "ca, abc, 3",
    })
    void countsTheCharactersToInsertRemoveReplaceOrSwap(String first, String second, int distance) {
        assertEquals(distance, EditDistance.between(first, second));
        assertEquals(distance, EditDistance.between(second, first));
    }
}
