package dev.atelier.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Measures this program and another one in turns, each in processes of its own, and prints the ratios of medians. */
@Command(
        name = "compare",
        description = {
            "Measures in turns with another program and prints the ratios of the medians.",
            "The other program is given CHECKPOINT, --width, --height, --steps, --guidance, --threads, --prompt and"
                    + " --runs, and prints one line of JSON per image in the form of 'measure'."
        },
        mixinStandardHelpOptions = true)
final class CompareCommand implements Callable<Integer> {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final List<String> FIELDS =
            List.of("load_s", "text_encode_s", "step_s", "vae_decode_s", "image_s", "peak_rss_mb");

    @Mixin
    private Workload workload = new Workload();

    @Option(names = "--other", description = "The other program, split at spaces; without it only ours is measured")
    @Nullable
    private String other;

    @Option(names = "--rounds", description = "Turns; default ${DEFAULT-VALUE}")
    private int rounds = 3;

    @Option(names = "--runs", description = "Images a turn; default ${DEFAULT-VALUE}")
    private int runs = 2;

    @Override
    public Integer call() throws IOException, InterruptedException {
        List<JsonNode> ours = new ArrayList<>();
        List<JsonNode> theirs = new ArrayList<>();
        for (int round = 0; round < rounds; round++) {
            ours.addAll(measure(ownCommand()));
            if (other != null) {
                theirs.addAll(measure(otherCommand(other)));
            }
        }
        System.out.printf(
                Locale.ROOT,
                "%dx%d, %d steps, guidance %s, %d threads, %d images each%n",
                workload.width,
                workload.height,
                workload.steps,
                workload.guidance,
                workload.threads,
                ours.size());
        for (String field : FIELDS) {
            print(field, ours, theirs);
        }
        return 0;
    }

    private static void print(String field, List<JsonNode> ours, List<JsonNode> theirs) {
        double mine = median(field, ours);
        if (theirs.isEmpty()) {
            System.out.printf(Locale.ROOT, "%-14s %10.3f%n", field, mine);
        } else {
            double other = median(field, theirs);
            System.out.printf(Locale.ROOT, "%-14s %10.3f %10.3f  ratio %.3f%n", field, mine, other, mine / other);
        }
    }

    private static double median(String field, List<JsonNode> runs) {
        return Median.of(runs.stream().map(run -> run.path(field).asDouble()).toList());
    }

    private List<String> ownCommand() {
        List<String> command = new ArrayList<>();
        command.add(ProcessHandle.current().info().command().orElse("java"));
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName(), "measure"));
        command.addAll(arguments());
        command.addAll(List.of("--device", workload.device));
        workload.settings.forEach((name, value) -> command.addAll(List.of("-s", name + "=" + value)));
        if (workload.lora != null) {
            command.addAll(List.of("--lora", workload.lora.toString()));
        }
        return command;
    }

    private List<String> otherCommand(String program) {
        List<String> command = new ArrayList<>(List.of(program.trim().split(" +")));
        command.addAll(arguments());
        return command;
    }

    private List<String> arguments() {
        return List.of(
                workload.checkpoint.toString(),
                "--width",
                Integer.toString(workload.width),
                "--height",
                Integer.toString(workload.height),
                "--steps",
                Integer.toString(workload.steps),
                "--guidance",
                Double.toString(workload.guidance),
                "--threads",
                Integer.toString(workload.threads),
                "--prompt",
                workload.prompt,
                "--runs",
                Integer.toString(runs));
    }

    private static List<JsonNode> measure(List<String> command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IllegalStateException("failed with status " + process.exitValue() + ": "
                    + command.stream().collect(Collectors.joining(" ")));
        }
        List<JsonNode> lines = new ArrayList<>();
        for (String line : output.lines().filter(text -> text.startsWith("{")).toList()) {
            System.out.println(line);
            lines.add(JSON.readTree(line));
        }
        return lines;
    }
}
