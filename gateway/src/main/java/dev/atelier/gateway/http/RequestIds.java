package dev.atelier.gateway.http;

import io.vertx.core.MultiMap;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;

/** The ids that a request brings along: its own, and that of the trace which it belongs to. */
final class RequestIds {
    private static final String TRACEPARENT = "traceparent";
    private static final Pattern ID = Pattern.compile("[A-Za-z0-9._:/+=@-]{1,128}");
    /** W3C Trace Context, version 00: version, trace, span, flags; an id of zeros is none. */
    private static final Pattern TRACE = Pattern.compile("00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}");

    private RequestIds() {}

    /** Returns the id that the client chose, where it is one that may stand in a log, or a new one. */
    static String requestId(MultiMap headers) {
        String chosen = headers.get(Front.REQUEST_ID);
        return chosen != null && ID.matcher(chosen).matches()
                ? chosen
                : UUID.randomUUID().toString();
    }

    /** Returns the trace and span that the request belongs to, as the header writes them. */
    static Optional<String> traceparent(MultiMap headers) {
        return Optional.ofNullable(headers.get(TRACEPARENT))
                .filter(parent -> TRACE.matcher(parent).matches());
    }
}
