package dev.atelier.gateway.adapter.remote;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CopyOnWriteArrayList;

/** A server on this machine that says byte for byte what a test wants, one connection after the other. */
final class RawServer implements AutoCloseable {
    private final ServerSocket server;
    private final List<String> requests = new CopyOnWriteArrayList<>();

    /** What is said to one connection, after which it is closed. */
    interface Speaker {
        /** Speaks; the number of the connection counts from 1. */
        void speak(int number, String request, OutputStream out) throws Exception;
    }

    RawServer(Speaker speaker) {
        try {
            server = new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Thread thread = new Thread(() -> serve(speaker), "raw-server");
        thread.setDaemon(true);
        thread.start();
    }

    private void serve(Speaker speaker) {
        while (!server.isClosed()) {
            try (Socket socket = server.accept()) {
                String request = readHead(socket);
                requests.add(request);
                speaker.speak(requests.size(), request, socket.getOutputStream());
            } catch (Exception e) {
                // a client that has gone away, or the end
            }
        }
    }

    private static String readHead(Socket socket) throws IOException {
        BufferedReader in =
                new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.ISO_8859_1));
        StringBuilder head = new StringBuilder();
        for (String line = in.readLine(); line != null && !line.isEmpty(); line = in.readLine()) {
            head.append(line).append('\n');
        }
        return head.toString();
    }

    /** Writes a head and then some bytes. */
    static void say(OutputStream out, String status, List<String> headers, byte[] body, int from, int to)
            throws IOException {
        String head = "HTTP/1.1 " + status + "\r\n" + String.join("\r\n", headers) + "\r\n\r\n";
        out.write(head.getBytes(StandardCharsets.ISO_8859_1));
        out.write(body, from, to - from);
        out.flush();
    }

    String url(String target) {
        return "http://127.0.0.1:" + server.getLocalPort() + target;
    }

    List<String> requests() {
        return requests;
    }

    /** Returns whether a request, by its number from 1, carried a header line. */
    boolean carried(int number, String line) {
        return requests.get(number - 1).toLowerCase(Locale.ROOT).contains("\n" + line.toLowerCase(Locale.ROOT) + "\n");
    }

    @Override
    public void close() throws IOException {
        server.close();
    }
}
