package dev.atelier.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.gateway.metrics.Metric;
import dev.atelier.plugin.ErrorCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Keeps the README's tables with the code. */
class ReadmeTest {
    private static List<String> lines = List.of();

    @BeforeAll
    static void read() throws IOException {
        lines = Files.readAllLines(Path.of("..", "README.md"));
    }

    @ParameterizedTest
    @EnumSource
    void tellsOfEverySettingWithItsDefaultAndMeaning(Setting setting) {
        String fallback = setting.fallback().isEmpty() ? "" : "`" + setting.fallback() + "`";
        String meaning = setting.meaning().replace("|", "\\|");
        String row = "| `" + setting.name() + "` | " + fallback + " | " + meaning + " |";

        assertTrue(lines.contains(row), "README.md lacks the row: " + row);
    }

    @ParameterizedTest
    @EnumSource
    void tellsOfEveryMetricWithItsTypeLabelsAndMeaning(Metric metric) {
        String type =
                switch (metric.kind()) {
                    case COUNTER -> "counter";
                    case GAUGE -> "gauge";
                    case SECONDS -> "histogram";
                    case BYTES -> "summary";
                };
        String labels = metric.labels().stream().map(label -> "`" + label + "`").collect(Collectors.joining(", "));
        String row = "| `" + metric.exposedName() + "` | " + type + " | " + labels + " | " + metric.meaning() + " |";

        assertTrue(lines.contains(row), "README.md lacks the row: " + row);
    }

    @Test
    void tellsOfNoMetricThatThereIsNot() {
        List<String> names = Stream.of(Metric.values()).map(Metric::exposedName).toList();
        List<String> told = lines.stream()
                .filter(line -> line.startsWith("| `atelier_"))
                .map(line -> line.split("`", -1)[1])
                .toList();

        assertEquals(names, told);
    }

    @ParameterizedTest
    @EnumSource
    void tellsOfEveryErrorCode(ErrorCode code) {
        assertTrue(
                lines.stream().anyMatch(line -> line.startsWith("| `" + code + "` | ")),
                "README.md has no row for " + code);
    }
}
