package dev.atelier.gateway.metrics;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What Prometheus's text form says.
 *
 * @param types the type of each family, by its name
 * @param samples all of them
 */
public record Scrape(Map<String, String> types, List<Sample> samples) {
    private static final Pattern SAMPLE = Pattern.compile("([a-zA-Z_:][\\w:]*)(?:\\{(.*)})? (\\S+)");
    private static final Pattern LABEL = Pattern.compile("(\\w+)=\"((?:[^\"\\\\]|\\\\.)*)\"");

    /** Copies the collections. */
    public Scrape {
        types = new TreeMap<>(types);
        samples = List.copyOf(samples);
    }

    /**
     * A number.
     *
     * @param name of the series
     * @param labels by name
     * @param value the number
     */
    public record Sample(String name, Map<String, String> labels, double value) {}

    /** Reads a scrape; fails on a line that is none. */
    public static Scrape of(String text) {
        Map<String, String> types = new TreeMap<>();
        List<Sample> samples = new ArrayList<>();
        for (String line : text.lines().toList()) {
            if (line.startsWith("# TYPE ")) {
                String[] parts = line.split(" ");
                types.put(parts[2], parts[3]);
            } else if (!line.startsWith("#")) {
                samples.add(sample(line));
            }
        }
        return new Scrape(types, samples);
    }

    private static Sample sample(String line) {
        Matcher matcher = SAMPLE.matcher(line);
        if (!matcher.matches()) {
            throw new AssertionError("this is no sample: " + line);
        }
        Map<String, String> labels = new TreeMap<>();
        if (matcher.group(2) != null) {
            Matcher label = LABEL.matcher(matcher.group(2));
            while (label.find()) {
                labels.put(label.group(1), label.group(2));
            }
        }
        return new Sample(
                matcher.group(1), labels, Double.parseDouble(matcher.group(3).replace("+Inf", "Infinity")));
    }

    /** Returns the samples of a name that carry all these labels, given as name and value in turns. */
    public List<Sample> find(String name, String... labels) {
        return samples.stream()
                .filter(sample -> sample.name().equals(name))
                .filter(sample -> {
                    for (int i = 0; i < labels.length; i += 2) {
                        if (!labels[i + 1].equals(sample.labels().get(labels[i]))) {
                            return false;
                        }
                    }
                    return true;
                })
                .toList();
    }

    /** Returns the sum of the samples of a name that carry all these labels. */
    public double sum(String name, String... labels) {
        return find(name, labels).stream().mapToDouble(Sample::value).sum();
    }
}
