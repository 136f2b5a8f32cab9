package dev.atelier.bench.service;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * Measures what scrapes cost a running gateway: by the processor time that it tells itself or, where it draws
 * meanwhile, by that of its event loops, on which scrapes are answered and nothing is drawn.
 */
@Command(
        name = "scrape",
        description = "Prints how much processor time a scrape costs a running gateway.",
        mixinStandardHelpOptions = true)
public final class ScrapeCommand implements Callable<Integer> {
    private static final String CPU = "process_cpu_time_ns_total ";
    /** What the kernel keeps of the name of their threads. */
    private static final String EVENT_LOOP = "vert.x-eventloo";

    private static final double NANOS_PER_MILLI = 1e6;
    /** At one scrape a second, a millisecond is a tenth of a percent. */
    private static final double MILLIS_PER_PERCENT = 10;

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    @Parameters(paramLabel = "URL", description = "Where the gateway's metrics are, such as http://localhost:8000")
    private String url = "";

    @Option(names = "--scrapes", description = "How many are measured; default ${DEFAULT-VALUE}")
    private int scrapes = 500;

    @Option(
            names = "--pid",
            description = "The gateway's process, to measure its event loops alone while it draws; Linux only")
    private @Nullable Long pid;

    @Override
    public Integer call() throws IOException, InterruptedException {
        scrapes(scrapes); // the gateway compiles what it needs for them
        long start = System.nanoTime();
        double before = spent(scrape());
        scrapes(scrapes);
        String last = scrape();
        double after = spent(last);
        TimeUnit.NANOSECONDS.sleep(System.nanoTime() - start); // what it does anyway, in as much time
        double idle = spent(scrape()) - after;
        double millis = Math.max(0, after - before - idle) / scrapes / NANOS_PER_MILLI;
        System.out.printf(
                Locale.ROOT,
                "{\"scrapes\": %d, \"series\": %d, \"bytes\": %d, \"cpu_ms_per_scrape\": %.3f,"
                        + " \"percent_of_a_core_at_one_a_second\": %.3f}%n",
                scrapes,
                last.lines().filter(line -> !line.startsWith("#")).count(),
                last.length(),
                millis,
                millis / MILLIS_PER_PERCENT);
        return 0;
    }

    private void scrapes(int count) throws IOException, InterruptedException {
        for (int i = 0; i < count; i++) {
            scrape();
        }
    }

    private String scrape() throws IOException, InterruptedException {
        HttpRequest request =
                HttpRequest.newBuilder(URI.create(url + "/metrics")).build();
        return http.send(request, BodyHandlers.ofString()).body();
    }

    private double spent(String scrape) throws IOException {
        return pid == null ? cpu(scrape) : cpuOfEventLoops(pid);
    }

    private static double cpuOfEventLoops(long process) throws IOException {
        double nanos = 0;
        try (var threads = Files.newDirectoryStream(Path.of("/proc", Long.toString(process), "task"))) {
            for (Path thread : threads) {
                if (Files.readString(thread.resolve("comm")).startsWith(EVENT_LOOP)) {
                    nanos += Double.parseDouble(
                            Files.readString(thread.resolve("schedstat")).split(" ", -1)[0]);
                }
            }
        }
        return nanos;
    }

    private double cpu(String scrape) {
        return scrape.lines()
                .filter(line -> line.startsWith(CPU))
                .mapToDouble(line -> Double.parseDouble(line.substring(CPU.length())))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException(url + "/metrics does not tell the processor time"));
    }
}
