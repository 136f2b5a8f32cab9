package dev.atelier.gateway;

import dev.atelier.gateway.generator.ImageGenerator;
import dev.atelier.gateway.generator.ImageRequest;
import dev.atelier.gateway.verify.PromptFlags;
import dev.atelier.gateway.verify.SampleSettings;
import dev.atelier.gateway.verify.TrainingJobException;
import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.GenerationDefaults;
import dev.atelier.plugin.GenerationPlan;
import dev.atelier.plugin.ImageSize;
import dev.atelier.plugin.PipelineException;
import dev.atelier.plugin.Profile;
import java.io.IOException;
import java.io.PrintStream;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParseResult;

/** The command {@code generate}: writes images without a server. */
final class GenerateCommand {
    static final String NAME = "generate";

    private static final int UNREADABLE = 2;
    private static final int NOT_HERE = 3;
    private static final int MOST_PROMPTS = 10_000;
    private static final int MOST_STEPS = 150;
    private static final int MOST_GUIDANCE = 20;
    private static final int LEAST_SIDE = 64;
    private static final int LARGEST_SIDE = 4096;
    private static final BigInteger LARGEST_SEED = BigInteger.TWO.pow(Long.SIZE).subtract(BigInteger.ONE);
    /** Failures that another command line avoids; all others are the machine's. */
    private static final Set<ErrorCode> OF_COMMAND_LINE = Set.of(
            ErrorCode.INVALID_PARAMETER,
            ErrorCode.MODEL_NOT_FOUND,
            ErrorCode.LORA_NOT_FOUND,
            ErrorCode.LORA_INVALID,
            ErrorCode.LORA_NOT_APPLIED);

    private static final String MODEL = "--model";
    private static final String LORA = "--lora";
    private static final String SIZE = "--size";
    private static final String SEED = "--seed";
    private static final String STEPS = "--steps";
    private static final String GUIDANCE = "--guidance";
    private static final String NEGATIVE = "--negative";
    private static final String PROFILE = "--profile";
    private static final String PROMPTS = "--prompts";
    private static final String OUTPUT = "--output";

    private GenerateCommand() {}

    /** Describes the command for the parser and its help. */
    static CommandSpec spec() {
        CommandSpec spec = CommandSpec.create().name(NAME);
        spec.usageMessage()
                .description("Generates an image for each prompt and writes it to a file, without a server.")
                .footer(
                        "",
                        "Exit codes: 0 all images were written, 2 the command line or a LoRA is not valid, 3 the",
                        "images cannot be generated here, 130 interrupted.")
                .sortOptions(false);
        ServeCommand.addStandardOptions(spec);
        spec.addPositional(PositionalParamSpec.builder()
                .paramLabel("PROMPT")
                .arity("0..*")
                .type(List.class)
                .auxiliaryTypes(String.class)
                .description("The text of an image; one image per prompt.")
                .build());
        addOptions(spec);
        ModelOptions.addTo(spec);
        return spec;
    }

    private static void addOptions(CommandSpec spec) {
        spec.addOption(text(
                PROMPTS,
                "FILE",
                "Read prompts from a file, one per line; the trainer's inline flags"
                        + " such as --w 512 --d 7 are understood."));
        spec.addOption(text(MODEL, "MODEL", "The model's id. Default: zimage_turbo."));
        spec.addOption(OptionSpec.builder(LORA)
                .paramLabel("FILE[:MULTIPLIER]")
                .hideParamSyntax(true)
                .arity("1")
                .type(List.class)
                .auxiliaryTypes(String.class)
                .description("Apply a LoRA; may be repeated. Default: none.")
                .build());
        spec.addOption(text(SIZE, "WIDTHxHEIGHT", "The image's size in pixels. Default: the model's."));
        spec.addOption(text(
                SEED,
                "NUMBER",
                "The first image's seed, each further one's is one more; -1 chooses random ones."
                        + " Default: the model's."));
        spec.addOption(text(STEPS, "NUMBER", "Denoising steps. Default: the model's."));
        spec.addOption(text(GUIDANCE, "NUMBER", "Guidance scale. Default: the model's."));
        spec.addOption(text(NEGATIVE, "TEXT", "The negative prompt."));
        spec.addOption(
                text(PROFILE, "PROFILE", "reference, ai-toolkit-preview or diffusers-legacy. Default: reference."));
        spec.addOption(OptionSpec.builder("-o", OUTPUT)
                .paramLabel("FILE")
                .arity("1")
                .type(String.class)
                .description("The image's file, .png or .jpg; several images get -0, -1, ... before the extension. -"
                        + " writes a PNG to standard output. Default: image.png, or the first name after it that is"
                        + " free.")
                .build());
    }

    private static OptionSpec text(String name, String label, String description) {
        return OptionSpec.builder(name)
                .paramLabel(label)
                .hideParamSyntax(true)
                .arity("1")
                .type(String.class)
                .description(description.replace("%", "%%"))
                .build();
    }

    /** Generates; returns the exit code. */
    static int run(ParseResult parsed, PrintStream out, PrintStream err) {
        try {
            return generate(parsed, out, err);
        } catch (TrainingJobException e) {
            throw new ConfigException(PROMPTS + ": " + e.getMessage());
        } catch (PipelineException e) {
            err.println("atelier: " + e.getMessage());
            return OF_COMMAND_LINE.contains(e.code()) ? UNREADABLE : NOT_HERE;
        }
    }

    private static int generate(ParseResult parsed, PrintStream out, PrintStream err) {
        List<String> positional = parsed.matchedPositionalValue(0, List.of());
        String file = parsed.matchedOptionValue(PROMPTS, "");
        if (positional.isEmpty() == file.isEmpty()) {
            throw new ConfigException("give a PROMPT, or a file of them with " + PROMPTS);
        }
        List<String> prompts = file.isEmpty() ? positional : lines(Path.of(file));
        String model = parsed.matchedOptionValue(MODEL, "zimage_turbo");
        Profile profile = profile(parsed.matchedOptionValue(PROFILE, Profile.REFERENCE.id()));
        List<ImageRequest.Adapter> adapters = adapters(parsed.matchedOptionValue(LORA, List.of()));
        ImageFiles files = ImageFiles.of(parsed.matchedOptionValue(OUTPUT, ""), prompts.size(), out);
        try (ImageGenerator generator = ModelOptions.open(parsed);
                ProgressLine progress = new ProgressLine(err)) {
            Signals.onInterrupt(progress::close);
            Given given = new Given(parsed, generator.defaults(model));
            List<SampleSettings> settings = new ArrayList<>(); // all of them first: a bad line costs no image
            for (int i = 0; i < prompts.size(); i++) {
                settings.add(given.settings(prompts.get(i), i, !file.isEmpty()));
            }
            for (int i = 0; i < settings.size(); i++) {
                progress.begin(files.name(i), i, settings.size());
                ImageRequest request =
                        new ImageRequest(model, plan(settings.get(i), profile), scaled(adapters, settings.get(i)));
                files.write(i, generator.generate(request, progress::onStep));
            }
        }
        return 0;
    }

    // The inline flag --m scales every adapter.
    private static List<ImageRequest.Adapter> scaled(List<ImageRequest.Adapter> adapters, SampleSettings settings) {
        return adapters.stream()
                .map(adapter -> new ImageRequest.Adapter(adapter.file(), adapter.multiplier() * settings.multiplier()))
                .toList();
    }

    private static GenerationPlan plan(SampleSettings settings, Profile profile) {
        return new GenerationPlan(
                settings.prompt(),
                settings.negativePrompt(),
                new ImageSize(settings.width(), settings.height()),
                "Default",
                settings.steps(),
                settings.guidanceScale(),
                settings.seed(),
                profile);
    }

    private static Profile profile(String id) {
        return Profile.ofId(id)
                .orElseThrow(() -> new ConfigException(PROFILE + " must be reference, ai-toolkit-preview or"
                        + " diffusers-legacy but is '" + id + "'"));
    }

    private static List<String> lines(Path file) {
        try {
            List<String> lines = Files.readAllLines(file).stream()
                    .filter(line -> !line.isBlank())
                    .toList();
            if (lines.isEmpty() || lines.size() > MOST_PROMPTS) {
                throw new ConfigException(PROMPTS + ": '" + file + "' must have 1 to " + MOST_PROMPTS
                        + " prompts but has " + lines.size());
            }
            return lines;
        } catch (IOException e) {
            throw new ConfigException(PROMPTS + ": '" + file + "' cannot be read: " + e.getMessage());
        }
    }

    /** Reads FILE[:MULTIPLIER]; a colon belongs to the name where no number follows it. */
    private static List<ImageRequest.Adapter> adapters(List<String> values) {
        return values.stream()
                .map(value -> {
                    int colon = value.lastIndexOf(':');
                    try {
                        double multiplier = colon < 0 ? 1 : Double.parseDouble(value.substring(colon + 1));
                        if (!(Math.abs(multiplier) <= 2)) {
                            throw new ConfigException(LORA + ": a multiplier must lie in -2 to 2 but is " + multiplier);
                        }
                        return new ImageRequest.Adapter(
                                Path.of(colon < 0 ? value : value.substring(0, colon)), multiplier);
                    } catch (NumberFormatException e) {
                        return new ImageRequest.Adapter(Path.of(value), 1);
                    }
                })
                .peek(adapter -> {
                    if (!Files.isRegularFile(adapter.file())) {
                        throw new ConfigException(LORA + ": '" + adapter.file() + "' is not a file");
                    }
                })
                .toList();
    }

    /** The settings that the command line gives for every prompt. */
    private record Given(ParseResult parsed, GenerationDefaults defaults) {
        SampleSettings settings(String prompt, int index, boolean flags) {
            ImageSize size = size();
            BigInteger seed = integer(SEED, BigInteger.valueOf(defaults.seed()), -1, LARGEST_SEED);
            boolean random = seed.signum() < 0;
            SampleSettings settings = new SampleSettings(
                    prompt,
                    parsed.matchedOptionValue(NEGATIVE, ""),
                    size.width(),
                    size.height(),
                    integer(STEPS, BigInteger.valueOf(defaults.steps()), 1, BigInteger.valueOf(MOST_STEPS))
                            .intValue(),
                    guidance(),
                    random ? 0 : seed.longValue() + index,
                    random,
                    1);
            SampleSettings read = flags ? PromptFlags.apply(prompt, settings) : settings;
            return read.randomSeed() ? read.withSeed(ThreadLocalRandom.current().nextInt(Integer.MAX_VALUE)) : read;
        }

        private ImageSize size() {
            String text = parsed.matchedOptionValue(SIZE, "");
            if (text.isEmpty()) {
                return defaults.size();
            }
            String[] sides = text.toLowerCase(Locale.ROOT).split("x", -1);
            if (sides.length != 2) {
                throw new ConfigException(SIZE + " must be WIDTHxHEIGHT, such as 1024x768, but is '" + text + "'");
            }
            return new ImageSize(side(sides[0]), side(sides[1]));
        }

        private static int side(String text) {
            BigInteger side = number(SIZE, text);
            if (side.compareTo(BigInteger.valueOf(LEAST_SIDE)) < 0
                    || side.compareTo(BigInteger.valueOf(LARGEST_SIDE)) > 0) {
                throw new ConfigException(
                        SIZE + ": a side must lie in " + LEAST_SIDE + " to " + LARGEST_SIDE + " but is " + text);
            }
            return side.intValue();
        }

        private double guidance() {
            String text = parsed.matchedOptionValue(GUIDANCE, "");
            try {
                double guidance = text.isEmpty() ? defaults.guidanceScale() : Double.parseDouble(text);
                if (guidance >= 0 && guidance <= MOST_GUIDANCE) {
                    return guidance;
                }
            } catch (NumberFormatException e) {
                // said below
            }
            throw new ConfigException(
                    GUIDANCE + " must be a number in 0 to " + MOST_GUIDANCE + " but is '" + text + "'");
        }

        private BigInteger integer(String option, BigInteger otherwise, int least, BigInteger most) {
            String text = parsed.matchedOptionValue(option, "");
            BigInteger value = text.isEmpty() ? otherwise : number(option, text);
            if (value.compareTo(BigInteger.valueOf(least)) < 0 || value.compareTo(most) > 0) {
                throw new ConfigException(option + " must lie in " + least + " to " + most + " but is " + value);
            }
            return value;
        }

        private static BigInteger number(String option, String text) {
            try {
                return new BigInteger(text.strip());
            } catch (NumberFormatException e) {
                throw new ConfigException(option + " must be a whole number but is '" + text + "'");
            }
        }
    }
}
