package dev.atelier.gateway.fuzz;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * A request as it goes over the wire.
 *
 * @param operation what it is meant to be
 * @param method any token
 * @param target path and query as sent
 * @param headers besides those that frame it
 * @param body may be empty
 * @param pieces into how many parts it is cut, each sent on its own
 * @param slow whether there is a pause between them
 * @param valid whether it fits the contract
 */
public record FuzzRequest(
        String operation,
        String method,
        String target,
        Map<String, String> headers,
        byte[] body,
        int pieces,
        boolean slow,
        boolean valid) {
    /** Copies the map. */
    public FuzzRequest {
        headers = Map.copyOf(headers);
    }

    /** Returns the path as sent. */
    public String path() {
        return target.split("\\?", 2)[0];
    }

    /** Returns everything that goes over the wire. */
    byte[] bytes() {
        StringBuilder head = new StringBuilder(method + " " + target + " HTTP/1.1\r\nHost: localhost\r\n");
        headers.forEach(
                (name, value) -> head.append(name).append(": ").append(value).append("\r\n"));
        if (body.length > 0 || method.equals("POST")) {
            head.append("Content-Length: ").append(body.length).append("\r\n");
        }
        byte[] first = head.append("Connection: close\r\n\r\n").toString().getBytes(StandardCharsets.ISO_8859_1);
        byte[] all = new byte[first.length + body.length];
        System.arraycopy(first, 0, all, 0, first.length);
        System.arraycopy(body, 0, all, first.length, body.length);
        return all;
    }

    /** Returns the beginnings and ends of the pieces. */
    List<int[]> cuts(int length) {
        int count = Math.max(1, Math.min(pieces, length));
        return IntStream.range(0, count)
                .mapToObj(i -> new int[] {(int) ((long) length * i / count), (int) ((long) length * (i + 1) / count)})
                .toList();
    }

    @Override
    public String toString() {
        String shown = new String(body, 0, Math.min(body.length, 400), StandardCharsets.ISO_8859_1);
        return method + " " + target + " " + headers + " in " + pieces + " pieces, " + body.length + " bytes: " + shown;
    }
}
