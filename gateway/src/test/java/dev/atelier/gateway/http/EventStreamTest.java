package dev.atelier.gateway.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.gateway.http.EventStream.Event;
import dev.atelier.gateway.http.EventStream.Pace;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Streams of events over real sockets. */
class EventStreamTest {
    private static final Pace QUIET = new Pace(Duration.ofHours(1), Duration.ofHours(1), Duration.ofHours(1));
    private static final Pace BUSY = new Pace(Duration.ofMillis(20), Duration.ofMillis(60), Duration.ofHours(1));
    private static final String LAST_CHUNK = "\r\n0\r\n\r\n";
    private static final Pace HASTY = new Pace(Duration.ofMillis(20), Duration.ofHours(1), Duration.ofMillis(300));

    private final Vertx vertx = Vertx.vertx();
    private final CompletableFuture<EventStream> opened = new CompletableFuture<>();
    private final CompletableFuture<Void> over = new CompletableFuture<>();

    @AfterEach
    void close() {
        vertx.close().await();
    }

    private int serve(EventStream.Source source, Pace pace) {
        HttpServer server = vertx.createHttpServer(
                new HttpServerOptions().setHost("127.0.0.1").setPort(0));
        server.requestHandler(request -> {
            EventStream stream = new EventStream(vertx, request, source, pace);
            request.response().closeHandler(gone -> stream.stop());
            stream.start(Long.parseLong(request.path().substring(1))).onComplete(done -> over.complete(null));
            opened.complete(stream);
        });
        return server.listen().await().actualPort();
    }

    private static Event event(long id, boolean last) {
        return new Event(id, "step", new JsonObject().put("step", id), last);
    }

    /** Has events up to one. */
    private static Future<List<Event>> upTo(long last, long after, int most) {
        return Future.succeededFuture(LongStream.rangeClosed(after + 1, Math.min(after + most, last))
                .mapToObj(id -> event(id, id == last))
                .toList());
    }

    private void awaitEnd() throws Exception {
        over.get(20, TimeUnit.SECONDS);
    }

    @Test
    void sendsEventsInOrderAndEndsWithTheLast() throws Exception {
        int port = serve((after, most) -> upTo(250, after, most), QUIET);

        try (EventReader reader = EventReader.open(port, "/0")) {
            List<EventReader.Event> events = reader.rest();
            assertEquals(
                    LongStream.rangeClosed(1, 250).mapToObj(Long::toString).toList(),
                    events.stream().map(EventReader.Event::id).toList());
            assertEquals(new EventReader.Event("7", "step", new JsonObject().put("step", 7)), events.get(6));
            assertEquals(
                    "text/event-stream",
                    reader.response().headers().firstValue("content-type").orElse(""));
            assertEquals(
                    "no-store",
                    reader.response().headers().firstValue("cache-control").orElse(""));
        }
        awaitEnd();
    }

    @Test
    void goesOnAfterAnEvent() {
        int port = serve((after, most) -> upTo(10, after, most), QUIET);

        try (EventReader reader = EventReader.open(port, "/8")) {
            assertEquals(
                    List.of("9", "10"),
                    reader.rest().stream().map(EventReader.Event::id).toList());
        }
    }

    @Test
    void sendsWhatComesLaterAsSoonAsItIsTold() throws Exception {
        AtomicInteger there = new AtomicInteger(1);
        int port = serve((after, most) -> upTo(there.get(), after, most).map(EventStreamTest::unfinished), QUIET);

        try (EventReader reader = EventReader.open(port, "/0")) {
            assertEquals("1", reader.next().orElseThrow().id());
            there.set(2);
            EventStream stream = opened.get(20, TimeUnit.SECONDS);
            vertx.runOnContext(here -> stream.wake());
            assertEquals("2", reader.next().orElseThrow().id());
        }
    }

    private static List<Event> unfinished(List<Event> events) {
        return events.stream().map(event -> event(event.id(), false)).toList();
    }

    @Test
    void findsOutByItselfWhatNobodyTold() {
        AtomicInteger asked = new AtomicInteger();
        int port = serve((after, most) -> upTo(asked.incrementAndGet() < 5 ? after : 1, after, most), BUSY);

        try (EventReader reader = EventReader.open(port, "/0")) {
            assertEquals("1", reader.next().orElseThrow().id());
        }
    }

    @Test
    void keepsAQuietConnectionAlive() {
        int port = serve((after, most) -> Future.succeededFuture(List.of()), BUSY);

        try (EventReader reader = EventReader.open(port, "/0")) {
            assertTrue(reader.comment().startsWith(":"));
            assertTrue(reader.comment().startsWith(":"));
        }
    }

    @Test
    void asksAgainAfterTheSourceFailed() {
        AtomicInteger asked = new AtomicInteger();
        int port = serve(
                (after, most) ->
                        asked.incrementAndGet() < 3 ? Future.failedFuture("the store is away") : upTo(2, after, most),
                BUSY);

        try (EventReader reader = EventReader.open(port, "/0")) {
            assertEquals(2, reader.rest().size());
        }
    }

    @Test
    void endsWhenThereWillBeNothingMore() throws Exception {
        int port = serve((after, most) -> Future.failedFuture(new EventStream.Ended()), QUIET);

        try (EventReader reader = EventReader.open(port, "/0")) {
            assertEquals(List.of(), reader.rest());
        }
        awaitEnd();
    }

    @Test
    void asksForNothingMoreWhenTheClientIsGone() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        int port = serve(
                (after, most) -> {
                    asked.incrementAndGet();
                    return Future.succeededFuture(List.of());
                },
                BUSY);

        EventReader reader = EventReader.open(port, "/0");
        reader.comment();
        reader.close();
        awaitEnd();
        int then = asked.get();
        EventStream stream = opened.get(20, TimeUnit.SECONDS);
        CompletableFuture<Void> woken = new CompletableFuture<>();
        vertx.runOnContext(here -> {
            stream.wake();
            woken.complete(null);
        });
        woken.get(20, TimeUnit.SECONDS);
        assertEquals(then, asked.get());
    }

    /** Has events of ten kilobytes each, up to one. */
    private static Future<List<Event>> large(long last, long after, int most) {
        JsonObject data = new JsonObject().put("preview", "x".repeat(10_000));
        return Future.succeededFuture(LongStream.rangeClosed(after + 1, Math.min(after + most, last))
                .mapToObj(id -> new Event(id, "step", data, id == last))
                .toList());
    }

    @Test
    void dropsAClientThatDoesNotReadAndKeepsLittleForIt() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        int port = serve(
                (after, most) -> {
                    asked.incrementAndGet();
                    return large(Long.MAX_VALUE, after, most);
                },
                HASTY);

        try (Socket socket = connect(port)) {
            awaitEnd();
            // what the kernel holds for both sides, in megabytes, never what the source could give
            assertTrue(asked.get() < 30, asked + " megabytes were fetched");
            assertFalse(endsInOrder(socket.getInputStream()), "a stream that was cut off has no last chunk");
        }
    }

    @Test
    void keepsAClientThatTakesWhatItGets() throws Exception {
        int port = serve((after, most) -> large(2000, after, most), BUSY);

        try (Socket socket = connect(port)) {
            assertTrue(endsInOrder(socket.getInputStream()));
        }
        awaitEnd();
    }

    /** Asks for the stream with little room for its answer. */
    private static Socket connect(int port) throws IOException {
        Socket socket = new Socket();
        socket.setReceiveBufferSize(4096);
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        socket.setSoTimeout(20_000);
        socket.getOutputStream().write("GET /0 HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        return socket;
    }

    private static boolean endsInOrder(InputStream in) throws IOException {
        String tail = "";
        try {
            byte[] buffer = new byte[65536];
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                String all = tail + new String(buffer, 0, count, StandardCharsets.ISO_8859_1);
                tail = all.substring(Math.max(0, all.length() - LAST_CHUNK.length()));
                if (tail.equals(LAST_CHUNK)) {
                    return true; // the connection stays open for another request
                }
            }
        } catch (SocketException e) {
            return false;
        }
        return false;
    }
}
