package dev.atelier.gateway.fuzz;

import dev.atelier.gateway.http.Answer;
import dev.atelier.gateway.http.ContractCheck;
import io.vertx.core.internal.net.RFC3986;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** Sends requests to a gateway and judges its answers. Thread-safe. */
public final class FuzzRun {
    private static final String NOBODY = "00000000-0000-0000-0000-000000000000";
    private static final Set<Integer> DOCUMENTED_FAULTS = Set.of(503, 507);
    /** What a request that is right is never told. */
    private static final Set<Integer> WRONG = Set.of(400, 405, 413, 414, 415, 422, 431);

    private final RawClient client;
    private final ContractCheck contract;
    private final List<String> ids = new CopyOnWriteArrayList<>();
    private final Queue<String> faults = new ConcurrentLinkedQueue<>();
    private final Map<Integer, AtomicInteger> statuses = new ConcurrentSkipListMap<>();
    private final AtomicInteger sent = new AtomicInteger();
    private final AtomicInteger right = new AtomicInteger();

    /** Talks to a port of this machine. */
    public FuzzRun(int port, ContractCheck contract) {
        this.client = new RawClient(port);
        this.contract = contract;
    }

    /** Returns the id of a request that was accepted, one of the latest; another where there is none. */
    public String knownId(Random random) {
        int count = ids.size();
        return count == 0 || random.nextInt(10) == 0
                ? NOBODY
                : ids.get(count - 1 - random.nextInt(Math.min(count, 30)));
    }

    /** Sends a request and judges the answer. */
    public void send(FuzzRequest request) {
        sent.incrementAndGet();
        if (request.valid()) {
            right.incrementAndGet();
        }
        try {
            Optional<Answer> answer = client.send(request);
            if (answer.isPresent()) {
                judge(request, answer.get());
            } else if (request.body().length < Distortion.TOO_MUCH) {
                faults.add("the connection broke: " + request);
            }
        } catch (IOException | RuntimeException | AssertionError e) {
            faults.add(e + ": " + request);
        }
    }

    private void judge(FuzzRequest request, Answer answer) {
        int status = answer.status();
        statuses.computeIfAbsent(status, first -> new AtomicInteger()).incrementAndGet();
        if (status >= 500 && !DOCUMENTED_FAULTS.contains(status)) {
            faults.add(status + " " + answer.bytes() + ": " + request);
        }
        if (request.valid() && WRONG.contains(status)) {
            faults.add("right, and " + status + " " + answer.bytes() + ": " + request);
        }
        boolean hasBody = !request.method().equals("HEAD") && !request.method().equals("OPTIONS");
        boolean asset = request.path().startsWith("/docs/") && status == 200;
        if (status != 307 && hasBody && !asset) {
            contract.check(request.method(), RFC3986.normalizePath(request.path()), answer);
        }
        if (status == 200
                && request.operation().equals("submitInference")
                && request.method().equals("POST")) {
            Optional.ofNullable(answer.json().getString("request_id")).ifPresent(ids::add);
        }
    }

    /** Returns what should not have happened. */
    public List<String> faults() {
        return List.copyOf(faults);
    }

    /** Returns how many requests were sent. */
    public int sent() {
        return sent.get();
    }

    /** Returns how many of them were right. */
    public int right() {
        return right.get();
    }

    /** Returns how many submissions were accepted. */
    public int accepted() {
        return ids.size();
    }

    @Override
    public String toString() {
        return sent + " requests, " + right + " right, " + ids.size() + " accepted, by status "
                + new TreeMap<>(statuses);
    }
}
