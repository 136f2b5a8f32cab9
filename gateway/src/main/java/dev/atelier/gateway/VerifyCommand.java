package dev.atelier.gateway;

import dev.atelier.gateway.generator.ImageGenerator;
import dev.atelier.gateway.verify.HtmlReport;
import dev.atelier.gateway.verify.JobVerifier;
import dev.atelier.gateway.verify.SampleFile;
import dev.atelier.gateway.verify.TrainingJob;
import dev.atelier.gateway.verify.TrainingJobException;
import dev.atelier.gateway.verify.VerifyReport;
import dev.atelier.plugin.PipelineException;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParseResult;

/** The command {@code verify}: compares the samples of a training job with images generated here. */
final class VerifyCommand {
    static final String NAME = "verify";

    private static final int DIFFERS = 1;
    private static final int UNREADABLE = 2;
    private static final int NOT_HERE = 3;

    private static final String JSON = "--json";
    private static final String REPORT = "--report";
    private static final String STEP = "--step";
    private static final String INDEX = "--index";

    private VerifyCommand() {}

    /** Describes the command for the parser and its help. */
    static CommandSpec spec() {
        CommandSpec spec = CommandSpec.create().name(NAME);
        spec.usageMessage()
                .description(
                        "Generates every sample of an ai-toolkit training job again, with the adapter of its step and",
                        "the settings of config.yaml, and compares it with the sample's file.")
                .footer(
                        "",
                        "Exit codes: 0 all compared samples match, 1 at least one differs, 2 the job or the command",
                        "line cannot be read, 3 the job cannot be run here.")
                .sortOptions(false);
        ServeCommand.addStandardOptions(spec);
        spec.addPositional(PositionalParamSpec.builder()
                .paramLabel("JOB_FOLDER")
                .arity("1")
                .type(Path.class)
                .description("The folder that the trainer wrote, with config.yaml and samples/.")
                .build());
        spec.addOption(OptionSpec.builder(JSON)
                .type(boolean.class)
                .description("Print the report as JSON.")
                .build());
        spec.addOption(OptionSpec.builder(REPORT)
                .paramLabel("FILE.html")
                .arity("1")
                .type(Path.class)
                .description("Write a page with both images of each sample and their difference.")
                .build());
        spec.addOption(numbers(STEP, "Verify the samples of this training step only; may be repeated."));
        spec.addOption(numbers(INDEX, "Verify the samples with this index only; may be repeated."));
        ModelOptions.addTo(spec);
        return spec;
    }

    private static OptionSpec numbers(String name, String description) {
        return OptionSpec.builder(name)
                .paramLabel("NUMBER")
                .arity("1")
                .type(List.class)
                .auxiliaryTypes(Long.class)
                .description(description)
                .build();
    }

    /** Verifies; returns the exit code. */
    static int run(ParseResult parsed, PrintStream out, PrintStream err) {
        boolean json = parsed.hasMatchedOption(JSON);
        try {
            TrainingJob job = TrainingJob.read(parsed.matchedPositionalValue(0, Path.of("")));
            VerifyReport report = verify(job, parsed, err);
            Path page = parsed.matchedOptionValue(REPORT, null);
            if (page != null) {
                write(page, HtmlReport.of(report));
            }
            print(report, json, out);
            return report.ok() ? 0 : DIFFERS;
        } catch (TrainingJobException e) {
            return fail(e.code(), String.valueOf(e.getMessage()), UNREADABLE, json ? out : null, err);
        } catch (PipelineException e) {
            String code = e.code().name().toLowerCase(Locale.ROOT).replace('_', '-');
            return fail(code, e.getMessage(), NOT_HERE, json ? out : null, err);
        } catch (OutOfMemoryError e) {
            return fail("out-of-memory", "the Java heap is full", NOT_HERE, json ? out : null, err);
        }
    }

    private static VerifyReport verify(TrainingJob job, ParseResult parsed, PrintStream err) {
        List<Long> steps = parsed.matchedOptionValue(STEP, List.of());
        List<Long> indexes = parsed.matchedOptionValue(INDEX, List.of());
        Predicate<SampleFile> selected = sample -> (steps.isEmpty() || steps.contains(sample.step()))
                && (indexes.isEmpty() || indexes.contains((long) sample.index()));
        if (job.files().stream().noneMatch(selected)) {
            throw new TrainingJobException(
                    TrainingJobException.NOT_A_JOB,
                    "'" + job.folder() + "' has no samples"
                            + (steps.isEmpty() && indexes.isEmpty() ? "" : " of that step and index"));
        }
        try (ImageGenerator generator = ModelOptions.open(parsed);
                ProgressLine progress = new ProgressLine(err)) {
            return new JobVerifier(job, generator, progress).verify(selected);
        }
    }

    private static void print(VerifyReport report, boolean json, PrintStream out) {
        if (json) {
            out.println(report.json().encodePrettily());
        } else {
            out.print(report.text());
        }
    }

    private static int fail(String code, String message, int exitCode, @Nullable PrintStream json, PrintStream err) {
        if (json != null) {
            json.println(VerifyReport.failed(code, message).encodePrettily());
        }
        err.println("atelier: " + message);
        return exitCode;
    }

    private static void write(Path file, String page) {
        try {
            Files.writeString(file, page);
        } catch (IOException e) {
            throw new ConfigException("--report: '" + file + "' cannot be written: " + e.getMessage());
        }
    }
}
