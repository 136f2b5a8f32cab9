package dev.atelier.bench;

import java.util.List;

/** The middle of a list of numbers. */
final class Median {
    private Median() {}

    /** Returns the middle number, or the mean of the two in the middle. */
    static double of(List<Double> numbers) {
        if (numbers.isEmpty()) {
            throw new IllegalArgumentException("the median needs at least one number");
        }
        List<Double> sorted = numbers.stream().sorted().toList();
        int middle = sorted.size() / 2;
        return sorted.size() % 2 == 1 ? sorted.get(middle) : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
    }
}
