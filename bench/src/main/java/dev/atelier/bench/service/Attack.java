package dev.atelier.bench.service;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.IntFunction;

/** What hostile clients send, again and again. */
enum Attack {
    /** Nothing. */
    NONE("", any -> ""),
    /** Text that quadratic patterns choke on, as a model and as a path. */
    TEXT(
            "/v1/inference",
            turn -> turn % 2 == 0
                    ? body(Attack.dotted(), "{\"path\":\"a\"}", "{\"prompt\":\"a\"}", "")
                    : body("instant", "{\"path\":\"" + Attack.dotted() + "\"}", "{\"prompt\":\"a\"}", "")),
    /** 200,000 prompts, 3.4 MB. */
    PROMPTS("/v1/inference", any -> body("instant", "", repeated("{\"prompt\":\"a\"}", 3_400_000), "")),
    /** 16 MB of prompts, adapters, unknown fields, one text, and nesting. */
    BODIES("/v1/inference", turn -> switch (turn % 5) {
        case 0 -> body("instant", "", repeated("{\"prompt\":\"a\"}", Attack.LARGEST), "");
        case 1 -> body("instant", repeated("{\"path\":\"a\"}", Attack.LARGEST), "{\"prompt\":\"a\"}", "");
        case 2 -> body("instant", "", "{\"prompt\":7}", ",\"u\":0".repeat(Attack.LARGEST / 6));
        case 3 -> body("/" + "a.".repeat(Attack.LARGEST / 2) + "://", "", "{\"prompt\":\"a\"}", "");
        default -> body("instant", "", "[".repeat(Attack.LARGEST), "");
    }),
    /** Adapters to inspect from a server that never answers in full; each client goes after a second. */
    INSPECT("/v1/loras/inspect", any -> "");

    private static final int LARGEST = 16_000_000;
    private static final int DIFFERENT = 5;
    private static final Duration INSPECTION = Duration.ofSeconds(1);

    private final String path;

    @SuppressWarnings("ImmutableEnumChecker") // each is a function without state
    private final IntFunction<String> body;

    Attack(String path, IntFunction<String> body) {
        this.path = path;
        this.body = body;
    }

    private static String dotted() {
        return "/" + "a.".repeat(5000) + "://";
    }

    private static String repeated(String element, int length) {
        return (element + ",").repeat(length / (element.length() + 1)) + element;
    }

    private static String body(String model, String loras, String prompts, String more) {
        return "{\"model\":\"" + model + "\",\"loras\":[" + loras + "],\"prompts\":[" + prompts + "]" + more + "}";
    }

    /** Starts so many clients of a gateway. */
    Running start(String url, int clients) throws IOException {
        return new Running(this, url, this == NONE ? 0 : clients);
    }

    /** An attack that goes on until it is closed. */
    static final class Running implements AutoCloseable {
        private final Map<String, Integer> answers = new ConcurrentSkipListMap<>();
        private final List<Thread> clients = new ArrayList<>();
        private final List<Socket> held = new CopyOnWriteArrayList<>();
        private final ServerSocket slow;
        private volatile boolean over;

        private Running(Attack attack, String url, int count) throws IOException {
            slow = new ServerSocket(0, 1000, InetAddress.getLoopbackAddress());
            Thread server = new Thread(this::acceptAndStall, "slow-server");
            server.setDaemon(true);
            server.start();
            List<byte[]> bodies = new ArrayList<>();
            for (int i = 0; i < DIFFERENT; i++) {
                bodies.add(attack.body.apply(i).getBytes(StandardCharsets.UTF_8));
            }
            for (int i = 0; i < count; i++) {
                int first = i;
                Thread client = new Thread(() -> attack(attack, url, bodies, first), "attacker-" + i);
                client.setDaemon(true);
                clients.add(client);
                client.start();
            }
        }

        /** Sends the head of an answer, and never its body. */
        private void acceptAndStall() {
            byte[] head = "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
            while (!over) {
                try {
                    Socket socket = slow.accept();
                    held.add(socket);
                    socket.getOutputStream().write(head);
                } catch (IOException e) {
                    count("slow server: " + e.getMessage());
                }
            }
        }

        private void attack(Attack attack, String url, List<byte[]> bodies, int first) {
            if (attack == INSPECT) {
                inspect(url, first);
                return;
            }
            try (RawPost client = new RawPost(URI.create(url + attack.path))) {
                for (int turn = first; !over; turn++) {
                    try {
                        count(Integer.toString(client.post(bodies.get(turn % DIFFERENT))));
                    } catch (IOException e) {
                        count(e.getClass().getSimpleName());
                    }
                }
            } catch (IOException e) {
                count("close: " + e.getMessage());
            }
        }

        private void inspect(String url, int first) {
            HttpClient http =
                    HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
            for (int turn = first; !over; turn++) {
                HttpRequest request = HttpRequest.newBuilder(URI.create(url + INSPECT.path))
                        .timeout(INSPECTION)
                        .header("Content-Type", "application/json")
                        .POST(BodyPublishers.ofByteArray(inspection(turn)))
                        .build();
                try {
                    HttpResponse<Void> answer = http.send(request, BodyHandlers.discarding());
                    count(Integer.toString(answer.statusCode()));
                } catch (IOException e) {
                    count(e.getClass().getSimpleName());
                } catch (InterruptedException e) {
                    return;
                }
            }
        }

        private byte[] inspection(int turn) {
            String file = "http://127.0.0.1:" + slow.getLocalPort() + "/"
                    + Thread.currentThread().getName() + turn;
            return ("{\"model\":\"instant\",\"path\":\"" + file + ".safetensors\"}").getBytes(StandardCharsets.UTF_8);
        }

        private void count(String answer) {
            answers.merge(answer, 1, Integer::sum);
        }

        /** Returns how often the clients were answered what. */
        Map<String, Integer> answers() {
            return Map.copyOf(answers);
        }

        @Override
        public void close() throws IOException {
            over = true;
            for (Thread client : clients) {
                client.interrupt();
            }
            slow.close();
            for (Socket socket : held) {
                socket.close();
            }
        }
    }
}
