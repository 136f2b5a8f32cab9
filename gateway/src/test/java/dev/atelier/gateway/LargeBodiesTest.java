package dev.atelier.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Large bodies of several clients at a time. */
class LargeBodiesTest {
    private static final int LENGTH = 512 * 1024;
    private static final int TIMEOUT_MILLIS = 30_000;

    @TempDir
    static Path folder;

    private static RunningGateway gateway;

    @BeforeAll
    static void start() {
        gateway = RunningGateway.start(folder, Map.of());
    }

    @AfterAll
    static void stop() {
        gateway.close();
    }

    private static Socket open() throws IOException {
        Socket socket =
                new Socket(InetAddress.getLoopbackAddress(), gateway.client().port());
        socket.setSoTimeout(TIMEOUT_MILLIS);
        send(
                socket,
                "POST /v1/inference HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: "
                        + LENGTH + "\r\n\r\n");
        return socket;
    }

    private static void send(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
        socket.getOutputStream().flush();
    }

    private static String status(Socket socket) throws IOException {
        InputStream in = socket.getInputStream();
        StringBuilder line = new StringBuilder();
        for (int next = in.read(); next >= 0 && next != '\r'; next = in.read()) {
            line.append((char) next);
        }
        return line.toString();
    }

    private static String body() {
        return "[" + " ".repeat(LENGTH - 2) + "]";
    }

    @Test
    void clientsThatSendNothingDelayALargeBodyBySecondsOnly() throws IOException {
        List<Socket> stalled = new ArrayList<>();
        try {
            for (int i = 0; i < 5; i++) {
                stalled.add(open());
            }
            try (Socket client = open()) {
                send(client, body());
                assertEquals("HTTP/1.1 422 Unprocessable Entity", status(client));
            }
        } finally {
            for (Socket socket : stalled) {
                socket.close();
            }
        }
    }

    @Test
    void everyOneOfManyLargeBodiesIsAnswered() throws IOException {
        List<Socket> clients = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            clients.add(open());
        }
        List<Thread> senders = new ArrayList<>();
        for (Socket client : clients) {
            Thread sender = new Thread(() -> {
                try {
                    send(client, body());
                } catch (IOException e) {
                    throw new IllegalStateException(e);
                }
            });
            sender.start();
            senders.add(sender);
        }
        for (Socket client : clients) {
            try (client) {
                assertTrue(status(client).startsWith("HTTP/1.1 422 "));
            }
        }
        for (Thread sender : senders) {
            try {
                sender.join();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    @Test
    void aWaitingClientThatLeavesKeepsNoPlace() throws IOException {
        for (int i = 0; i < 20; i++) {
            open().close();
        }
        try (Socket client = open()) {
            send(client, body());
            assertTrue(status(client).startsWith("HTTP/1.1 422 "));
        }
    }
}
