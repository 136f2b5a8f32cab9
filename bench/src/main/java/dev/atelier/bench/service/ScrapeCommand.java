package dev.atelier.bench.service;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Measures what scrapes cost a running gateway, by the processor time that it tells itself. */
@Command(
        name = "scrape",
        description = "Prints how much processor time a scrape costs a running gateway.",
        mixinStandardHelpOptions = true)
public final class ScrapeCommand implements Callable<Integer> {
    private static final String CPU = "process_cpu_time_ns_total ";
    private static final double NANOS_PER_MILLI = 1e6;
    /** At one scrape a second, a millisecond is a tenth of a percent. */
    private static final double MILLIS_PER_PERCENT = 10;

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    @Parameters(paramLabel = "URL", description = "Where the gateway's metrics are, such as http://localhost:8000")
    private String url = "";

    @Option(names = "--scrapes", description = "How many are measured; default ${DEFAULT-VALUE}")
    private int scrapes = 500;

    @Override
    public Integer call() throws IOException, InterruptedException {
        scrapes(scrapes); // the gateway compiles what it needs for them
        long start = System.nanoTime();
        double before = cpu(scrape());
        scrapes(scrapes);
        String last = scrape();
        double after = cpu(last);
        TimeUnit.NANOSECONDS.sleep(System.nanoTime() - start); // what it does anyway, in as much time
        double idle = cpu(scrape()) - after;
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

    private double cpu(String scrape) {
        return scrape.lines()
                .filter(line -> line.startsWith(CPU))
                .mapToDouble(line -> Double.parseDouble(line.substring(CPU.length())))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException(url + "/metrics does not tell the processor time"));
    }
}
