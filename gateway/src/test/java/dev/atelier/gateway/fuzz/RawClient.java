package dev.atelier.gateway.fuzz;

import dev.atelier.gateway.http.Answer;
import io.vertx.core.buffer.Buffer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Sends requests byte by byte as they are written, each on a connection of its own, and reads what comes back. */
final class RawClient {
    private static final int PATIENCE_MILLIS = 60_000;
    private static final long PAUSE_NANOS = 3_000_000;

    private final int port;

    RawClient(int port) {
        this.port = port;
    }

    /**
     * Sends a request.
     *
     * @return empty when the server broke the connection while it was still being sent, as it may with one that is too
     *     large
     * @throws IOException when nothing comes for too long, or no HTTP
     */
    Optional<Answer> send(FuzzRequest request) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(PATIENCE_MILLIS);
            socket.setTcpNoDelay(true);
            boolean sent = write(socket.getOutputStream(), request);
            try {
                byte[] answer = readAll(socket.getInputStream());
                return !sent && answer.length == 0 ? Optional.empty() : Optional.of(parse(request, answer));
            } catch (SocketException e) {
                if (sent) {
                    throw e;
                }
                return Optional.empty();
            }
        }
    }

    /** Reads to the end, which has to come: what is sent only to keep the connection alive does not count. */
    private static byte[] readAll(InputStream in) throws IOException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        byte[] buffer = new byte[1 << 16];
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(PATIENCE_MILLIS);
        for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
            all.write(buffer, 0, count);
            if (System.nanoTime() > end) {
                throw new IOException("the answer does not end: " + all.toString(StandardCharsets.UTF_8));
            }
        }
        return all.toByteArray();
    }

    private static boolean write(OutputStream out, FuzzRequest request) {
        byte[] bytes = request.bytes();
        try {
            for (int[] cut : request.cuts(bytes.length)) {
                out.write(bytes, cut[0], cut[1] - cut[0]);
                out.flush();
                if (request.slow()) {
                    LockSupport.parkNanos(PAUSE_NANOS);
                }
            }
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private static Answer parse(FuzzRequest request, byte[] bytes) throws IOException {
        int end = find(bytes, "\r\n\r\n", 0);
        if (end < 0) {
            throw new IOException("no answer in HTTP: " + new String(bytes, StandardCharsets.ISO_8859_1));
        }
        String[] lines = new String(bytes, 0, end, StandardCharsets.ISO_8859_1).split("\r\n");
        int status = Integer.parseInt(lines[0].split(" ")[1]);
        Map<String, List<String>> headers = new HashMap<>();
        for (int i = 1; i < lines.length; i++) {
            int colon = lines[i].indexOf(':');
            headers.computeIfAbsent(lines[i].substring(0, colon).toLowerCase(Locale.ROOT), name -> new ArrayList<>())
                    .add(lines[i].substring(colon + 1).strip());
        }
        byte[] rest = Arrays.copyOfRange(bytes, end + 4, bytes.length);
        HttpHeaders all = HttpHeaders.of(headers, (name, value) -> true);
        boolean chunked =
                all.firstValue("transfer-encoding").filter("chunked"::equals).isPresent();
        byte[] body = chunked ? unchunk(rest) : rest;
        long announced = all.firstValueAsLong("content-length").orElse(body.length);
        if (announced != body.length && !request.method().equals("HEAD")) {
            throw new IOException(announced + " bytes were announced and " + body.length + " came");
        }
        return new Answer(status, all, Buffer.buffer(body));
    }

    private static byte[] unchunk(byte[] bytes) throws IOException {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        int at = 0;
        while (true) {
            int end = find(bytes, "\r\n", at);
            if (end < 0) {
                throw new IOException("an answer without its last chunk");
            }
            int length = Integer.parseInt(new String(bytes, at, end - at, StandardCharsets.US_ASCII), 16);
            if (length == 0) {
                return body.toByteArray();
            }
            body.write(bytes, end + 2, length);
            at = end + 2 + length + 2;
        }
    }

    private static int find(byte[] bytes, String text, int from) {
        byte[] wanted = text.getBytes(StandardCharsets.US_ASCII);
        for (int i = from; i <= bytes.length - wanted.length; i++) {
            if (Arrays.equals(bytes, i, i + wanted.length, wanted, 0, wanted.length)) {
                return i;
            }
        }
        return -1;
    }
}
