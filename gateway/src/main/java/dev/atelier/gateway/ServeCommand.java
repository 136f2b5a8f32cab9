package dev.atelier.gateway;

import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/** The options of {@code serve}: one per {@link Setting}, and those that are no settings. */
final class ServeCommand {
    static final String NAME = "serve";

    private static final String DEMO = "--demo";
    private static final String PRINT_CONFIG = "--print-config";

    private ServeCommand() {}

    /** Describes the command for the parser and its help. */
    static CommandSpec spec() {
        CommandSpec spec = CommandSpec.create().name(NAME);
        spec.usageMessage()
                .description("Serves models over HTTP.")
                .footer(
                        "",
                        "Every option with a value is also read as an environment variable and from .env in the",
                        "working folder: --max-body-bytes as MAX_BODY_BYTES. The option wins, then the environment.")
                .sortOptions(false);
        addStandardOptions(spec);
        spec.addOption(demoOption());
        spec.addOption(OptionSpec.builder(PRINT_CONFIG)
                .type(boolean.class)
                .description("Print each setting and where it came from, and end.")
                .build());
        Arrays.stream(Setting.values()).map(ServeCommand::option).forEach(spec::addOption);
        return spec;
    }

    /** Adds help and version; picocli's own pair costs a start many milliseconds of reflection. */
    static void addStandardOptions(CommandSpec spec) {
        spec.addOption(OptionSpec.builder("-h", "--help")
                .type(boolean.class)
                .usageHelp(true)
                .description("Show this and end.")
                .build());
        spec.addOption(OptionSpec.builder("-V", "--version")
                .type(boolean.class)
                .versionHelp(true)
                .description("Print the version and end.")
                .build());
    }

    /** Returns the option that selects the demo checkpoint. */
    static OptionSpec demoOption() {
        return OptionSpec.builder(DEMO)
                .type(boolean.class)
                .description(
                        "Serve " + GatewayConfig.DEMO_REPOSITORY + " from the small demo checkpoint, with its LoRA.")
                .build();
    }

    /** Returns the option of a setting. */
    static OptionSpec option(Setting setting) {
        String fallback = setting.fallback().isEmpty() ? "" : " Default: " + setting.fallback() + ".";
        String meaning = setting.meaning();
        String sentence = Character.toUpperCase(meaning.charAt(0)) + meaning.substring(1) + ".";
        return OptionSpec.builder(setting.option())
                .paramLabel(setting.form())
                .hideParamSyntax(true)
                .arity("1")
                .type(setting.isList() ? List.class : String.class)
                .auxiliaryTypes(String.class)
                .description((sentence + fallback).replace("%", "%%"))
                .build();
    }

    /** Returns the settings that were given as options. */
    static Map<Setting, List<String>> options(ParseResult parsed) {
        Map<Setting, List<String>> given = new EnumMap<>(Setting.class);
        for (Setting setting : Setting.values()) {
            if (parsed.commandSpec().findOption(setting.option()) != null
                    && parsed.hasMatchedOption(setting.option())) {
                Object value = parsed.matchedOptionValue(setting.option(), "");
                given.put(
                        setting,
                        value instanceof List<?> list
                                ? list.stream().map(String::valueOf).toList()
                                : List.of(value.toString()));
            }
        }
        return given;
    }

    /** Returns whether the demo was asked for. */
    static boolean isDemo(ParseResult parsed) {
        return parsed.hasMatchedOption(DEMO);
    }

    /** Returns whether the settings were asked for. */
    static boolean isPrintConfig(ParseResult parsed) {
        return parsed.hasMatchedOption(PRINT_CONFIG);
    }
}
