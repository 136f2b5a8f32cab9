package dev.atelier.gateway.metrics;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.config.MeterFilter;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.spi.observability.HttpRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Makes Vert.x's own meters ours: its fixed prefix becomes {@code atelier.}, the routes that a request went through
 * become the one operation that they led to, and a method that HTTP does not know shares a value with all such.
 */
final class HttpServerMeters implements MeterFilter {
    private static final String PREFIX = "vertx.";
    private static final String NO_OPERATION = "none";
    /** A route that is named after its operation; others carry a path or nothing. */
    private static final Pattern OPERATION = Pattern.compile("[A-Za-z]\\w*");

    private static final Set<HttpMethod> METHODS = Set.of(
            HttpMethod.GET,
            HttpMethod.HEAD,
            HttpMethod.POST,
            HttpMethod.PUT,
            HttpMethod.DELETE,
            HttpMethod.OPTIONS,
            HttpMethod.PATCH);

    @Override
    public Meter.Id map(Meter.Id id) {
        if (!id.getName().startsWith(PREFIX)) {
            return id;
        }
        List<Tag> tags = new ArrayList<>();
        for (Tag tag : id.getTags()) {
            tags.add(
                    switch (tag.getKey()) {
                        case "route" -> Tag.of("operation", operation(tag.getValue()));
                        case "code" -> Tag.of("status", tag.getValue());
                        default -> tag;
                    });
        }
        return id.withName("atelier." + id.getName().substring(PREFIX.length())).replaceTags(tags);
    }

    // Vert.x joins the names of all routes that a request passed; the last named one answered it.
    private static String operation(String routes) {
        String operation = NO_OPERATION;
        for (String route : routes.split(">", -1)) {
            if (OPERATION.matcher(route).matches()) {
                operation = route;
            }
        }
        return operation;
    }

    // Vert.x's own label takes any text that a client sends as a method.
    static Iterable<Tag> requestTags(HttpRequest request) {
        return Tags.of(
                "method", METHODS.contains(request.method()) ? request.method().name() : "other");
    }
}
