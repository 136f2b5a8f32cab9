package dev.atelier.gateway.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

/** The meters of a registry, made as {@link Metric} says. Safe from any thread. Labels' values come in their order. */
final class Meters {
    private final MeterRegistry registry;
    private final Map<String, AtomicLong> numbers = new ConcurrentHashMap<>();

    Meters(MeterRegistry registry) {
        this.registry = registry;
    }

    Counter counter(Metric metric, String... labels) {
        return Counter.builder(require(metric, Metric.Kind.COUNTER).meterName())
                .description(metric.meaning())
                .tags(tags(metric, labels))
                .register(registry);
    }

    Timer timer(Metric metric, String... labels) {
        return Timer.builder(require(metric, Metric.Kind.SECONDS).meterName())
                .description(metric.meaning())
                .tags(tags(metric, labels))
                .register(registry);
    }

    /** Shows a count that is kept elsewhere, for as long as its keeper is there. */
    <T> void follow(Metric metric, T keeper, ToDoubleFunction<T> count) {
        FunctionCounter.builder(require(metric, Metric.Kind.COUNTER).meterName(), keeper, count)
                .description(metric.meaning())
                .register(registry);
    }

    /** Returns a gauge whose labels come and go. */
    MultiGauge rows(Metric metric) {
        return MultiGauge.builder(require(metric, Metric.Kind.GAUGE).meterName())
                .description(metric.meaning())
                .register(registry);
    }

    /** Shows what a supplier gives whenever somebody looks; it must be quick. */
    Gauge gauge(Metric metric, Supplier<Number> value, String... labels) {
        return Gauge.builder(require(metric, Metric.Kind.GAUGE).meterName(), value)
                .description(metric.meaning())
                .tags(tags(metric, labels))
                .register(registry);
    }

    /** Returns the number that a gauge shows; 0 at first. */
    AtomicLong number(Metric metric, String... labels) {
        return numbers.computeIfAbsent(metric + String.join(" ", labels), key -> {
            AtomicLong number = new AtomicLong();
            gauge(metric, number::get, labels);
            return number;
        });
    }

    private static Metric require(Metric metric, Metric.Kind kind) {
        if (metric.kind() != kind) {
            throw new IllegalArgumentException(metric + " is a " + metric.kind() + ", not a " + kind);
        }
        return metric;
    }

    private static Tags tags(Metric metric, String[] values) {
        List<String> names = metric.labels();
        if (values.length != names.size()) {
            throw new IllegalArgumentException(metric + " has the labels " + names);
        }
        List<Tag> tags = new ArrayList<>();
        for (int i = 0; i < values.length; i++) {
            tags.add(Tag.of(names.get(i), values[i]));
        }
        return Tags.of(tags);
    }
}
