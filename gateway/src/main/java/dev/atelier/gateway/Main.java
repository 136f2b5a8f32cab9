package dev.atelier.gateway;

import dev.atelier.gateway.SettingSources.Machine;
import dev.atelier.gateway.SettingSources.Value;
import dev.atelier.gateway.log.Console;
import dev.atelier.gateway.log.LogFormat;
import dev.atelier.gateway.log.LogSettings;
import java.io.PrintStream;
import java.nio.file.Path;
import java.security.Security;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/** The command line. */
public final class Main {
    /** The exit code of a failure. */
    static final int FAILED = 1;
    /** The exit code of a setting that is malformed or cannot be used. */
    static final int REFUSED = 2;

    private static final Path DOT_ENV = Path.of(".env");

    private Main() {}

    /** Runs a command; the process ends unless it serves. */
    public static void main(String[] arguments) {
        rememberAddressesBriefly();
        boolean serves = arguments.length > 0 && arguments[0].equals(ServeCommand.NAME);
        if (serves && logFormat(arguments) == LogFormat.JSON) {
            Console.printJson(); // first: libraries may warn while they are loaded
            new LogSettings(LogFormat.JSON, false, false).apply();
        }
        CompletableFuture<Foundation> ahead =
                serves ? CompletableFuture.supplyAsync(Foundation::lay) : new CompletableFuture<>();
        int code = run(arguments, System.out, System.err, ahead::join);
        if (code >= 0) {
            System.exit(code);
        }
    }

    // A database or host that moves to another address keeps its name. The JDK would use the old one for 30 seconds.
    private static void rememberAddressesBriefly() {
        Security.setProperty("networkaddress.cache.ttl", "2");
        Security.setProperty("networkaddress.cache.negative.ttl", "1");
    }

    /**
     * Returns the format of the log, before the arguments are checked: a message about them has it already. Where that
     * cannot be known, the format is text.
     */
    private static LogFormat logFormat(String[] arguments) {
        String option = Setting.LOG_FORMAT.option();
        Map<Setting, List<String>> options = new EnumMap<>(Setting.class);
        for (int i = 0; i < arguments.length; i++) {
            if (arguments[i].startsWith(option + "=")) {
                options.put(Setting.LOG_FORMAT, List.of(arguments[i].substring(option.length() + 1)));
            } else if (arguments[i].equals(option) && i + 1 < arguments.length) {
                options.put(Setting.LOG_FORMAT, List.of(arguments[i + 1]));
            }
        }
        try {
            Optional<Value> given = new SettingSources(options, System.getenv(), DotEnv.read(DOT_ENV), Machine.UNKNOWN)
                    .given(Setting.LOG_FORMAT);
            boolean json = given.filter(value -> value.text().strip().equalsIgnoreCase(LogFormat.JSON.name()))
                    .isPresent();
            return json ? LogFormat.JSON : LogFormat.TEXT;
        } catch (ConfigException e) {
            return LogFormat.TEXT;
        }
    }

    /** Returns the exit code, or -1 when a server is running now. */
    static int run(String[] arguments, PrintStream out, PrintStream err, Supplier<Foundation> foundation) {
        boolean serves = arguments.length > 0 && arguments[0].equals(ServeCommand.NAME);
        Console console = new Console(out, err, serves ? logFormat(arguments) : LogFormat.TEXT);
        try {
            return run(arguments, console, foundation);
        } catch (ParameterException | ConfigException e) {
            console.fail(firstLine(e));
            return REFUSED;
        }
    }

    private static int run(String[] arguments, Console console, Supplier<Foundation> foundation) {
        PrintStream out = console.out();
        CommandLine line = commandLine();
        ParseResult parsed = line.parseArgs(arguments);
        ParseResult command = parsed.subcommand();
        if (parsed.isVersionHelpRequested() || command != null && command.isVersionHelpRequested()) {
            out.println(BuildInfo.read());
            return 0;
        }
        if (command == null || parsed.isUsageHelpRequested() || command.isUsageHelpRequested()) {
            (command == null ? line : command.commandSpec().commandLine()).usage(out);
            return command != null || parsed.isUsageHelpRequested() ? 0 : REFUSED;
        }
        return switch (command.commandSpec().name()) {
            case NewKeyCommand.NAME -> NewKeyCommand.run(command, out);
            case NewPluginCommand.NAME -> NewPluginCommand.run(command, out);
            case SignPluginCommand.NAME -> SignPluginCommand.run(command, out);
            case GenerateCommand.NAME -> GenerateCommand.run(command, out, console.err());
            case VerifyCommand.NAME -> VerifyCommand.run(command, out, console.err());
            default -> serve(command, console, foundation);
        };
    }

    private static CommandLine commandLine() {
        CommandSpec top = CommandSpec.create().name("atelier");
        ServeCommand.addStandardOptions(top);
        top.usageMessage().description("Serves diffusion models with their LoRAs over HTTP.");
        top.addSubcommand(ServeCommand.NAME, ServeCommand.spec());
        top.addSubcommand(NewKeyCommand.NAME, NewKeyCommand.spec());
        top.addSubcommand(NewPluginCommand.NAME, NewPluginCommand.spec());
        top.addSubcommand(SignPluginCommand.NAME, SignPluginCommand.spec());
        top.addSubcommand(GenerateCommand.NAME, GenerateCommand.spec());
        top.addSubcommand(VerifyCommand.NAME, VerifyCommand.spec());
        return new CommandLine(top).setCaseInsensitiveEnumValuesAllowed(true);
    }

    private static int serve(ParseResult serve, Console console, Supplier<Foundation> foundation) {
        Machine machine = Machine.ofProcess(ServeCommand.isDemo(serve));
        SettingSources sources =
                new SettingSources(ServeCommand.options(serve), System.getenv(), DotEnv.read(DOT_ENV), machine);
        Map<Setting, Value> values = sources.resolve();
        GatewayConfig config = GatewayConfig.of(values, machine);
        if (ServeCommand.isPrintConfig(serve)) {
            values.values().forEach(value -> console.out().println(describe(value)));
            return 0;
        }
        StartChecks.Found found = StartChecks.run(config, values);
        Foundation laid;
        try {
            laid = foundation.get();
        } catch (CompletionException e) {
            console.fail(firstLine(e.getCause() == null ? e : e.getCause()));
            return FAILED;
        }
        config.log().apply();
        Logger log = LoggerFactory.getLogger(Main.class); // not before: the log is set up with the foundation
        found.warnings().forEach(log::warn);
        NativeLibraries.unpackTo(found.natives());
        RuntimeTelemetry.turnOff();
        return Server.start(config, laid, console);
    }

    private static String describe(Value value) {
        boolean masked = value.setting().isSecret() && !value.text().isEmpty();
        return value.setting().name() + "=" + (masked ? "********" : value.text()) + "  (" + value.origin() + ")";
    }

    private static String firstLine(Throwable failure) {
        String message = failure.getMessage();
        return message == null
                ? failure.toString()
                : message.lines().findFirst().orElse(failure.toString());
    }
}
