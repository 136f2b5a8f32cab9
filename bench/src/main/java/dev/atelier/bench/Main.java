package dev.atelier.bench;

import dev.atelier.bench.service.AttackCommand;
import dev.atelier.bench.service.ScrapeCommand;
import dev.atelier.bench.service.ServiceCommand;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The benchmarks' command line. */
@Command(
        name = "bench/run",
        description = "Measures pipelines and writes checkpoints to measure them with.",
        mixinStandardHelpOptions = true,
        subcommands = {
            MeasureCommand.class,
            AdaptersCommand.class,
            CompareCommand.class,
            GoldenCommand.class,
            WriteCheckpointCommand.class,
            ServiceCommand.class,
            AttackCommand.class,
            ScrapeCommand.class
        })
public final class Main {
    private Main() {}

    /** Runs a command and exits with its status. */
    public static void main(String[] args) {
        System.exit(new CommandLine(new Main())
                .setCaseInsensitiveEnumValuesAllowed(true)
                .execute(args));
    }
}
