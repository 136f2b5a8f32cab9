package dev.atelier.bench.service;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Posts bodies over a kept connection without copying them: a client library's copies of large bodies would fill the
 * heap of the process that measures, whose pauses would count as the server's. Used by one thread.
 */
final class RawPost implements AutoCloseable {
    private final URI url;
    private @Nullable Socket socket;
    private @Nullable InputStream in;

    RawPost(URI url) {
        this.url = url;
    }

    /** Posts a body and returns the answer's status; connects again after a connection that the server closed. */
    int post(byte[] body) throws IOException {
        try {
            Socket connected = connect();
            String head = "POST " + url.getPath() + " HTTP/1.1\r\nHost: " + url.getAuthority()
                    + "\r\nContent-Type: application/json\r\nContent-Length: " + body.length + "\r\n\r\n";
            connected.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
            connected.getOutputStream().write(body);
            return answer();
        } catch (IOException e) {
            close();
            throw e;
        }
    }

    private Socket connect() throws IOException {
        Socket current = socket;
        if (current == null) {
            current = new Socket(InetAddress.getByName(url.getHost()), url.getPort());
            current.setTcpNoDelay(true);
            socket = current;
            in = new BufferedInputStream(current.getInputStream());
        }
        return current;
    }

    private int answer() throws IOException {
        int status = Integer.parseInt(line().split(" ", 3)[1]);
        long length = 0;
        boolean kept = true;
        for (String header = line(); !header.isEmpty(); header = line()) {
            String lower = header.toLowerCase(Locale.ROOT);
            if (lower.startsWith("content-length:")) {
                length = Long.parseLong(lower.substring(lower.indexOf(':') + 1).strip());
            }
            kept &= !lower.equals("connection: close");
        }
        input().skipNBytes(length);
        if (!kept) {
            close();
        }
        return status;
    }

    private InputStream input() throws IOException {
        if (in == null) {
            throw new IOException("the connection is closed");
        }
        return in;
    }

    private String line() throws IOException {
        StringBuilder line = new StringBuilder();
        for (int next = input().read(); next != '\n'; next = input().read()) {
            if (next < 0) {
                throw new IOException("the connection was closed");
            }
            if (next != '\r') {
                line.append((char) next);
            }
        }
        return line.toString();
    }

    @Override
    public void close() throws IOException {
        if (socket != null) {
            socket.close();
        }
        socket = null;
        in = null;
    }
}
