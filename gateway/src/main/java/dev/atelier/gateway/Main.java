package dev.atelier.gateway;

import dev.atelier.gateway.SettingSources.Machine;
import dev.atelier.gateway.SettingSources.Value;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/** The command line. */
public final class Main {
    private static final int FAILED = 1;
    private static final int REFUSED = 2;

    private Main() {}

    /** Runs a command; the process ends unless it serves. */
    public static void main(String[] arguments) {
        boolean serves = arguments.length > 0 && arguments[0].equals(ServeCommand.NAME);
        CompletableFuture<Foundation> ahead =
                serves ? CompletableFuture.supplyAsync(Foundation::lay) : new CompletableFuture<>();
        int code = run(arguments, System.out, System.err, ahead::join);
        if (code >= 0) {
            System.exit(code);
        }
    }

    /** Returns the exit code, or -1 when a server is running now. */
    static int run(String[] arguments, PrintStream out, PrintStream err, Supplier<Foundation> foundation) {
        CommandLine line = commandLine();
        try {
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
                case GenerateCommand.NAME -> GenerateCommand.run(command, out, err);
                case VerifyCommand.NAME -> VerifyCommand.run(command, out, err);
                default -> serve(command, out, err, foundation);
            };
        } catch (ParameterException | ConfigException e) {
            err.println("atelier: " + firstLine(e));
            return REFUSED;
        }
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

    private static int serve(ParseResult serve, PrintStream out, PrintStream err, Supplier<Foundation> foundation) {
        Machine machine = Machine.ofProcess(ServeCommand.isDemo(serve));
        SettingSources sources =
                new SettingSources(ServeCommand.options(serve), System.getenv(), DotEnv.read(Path.of(".env")), machine);
        Map<Setting, Value> values = sources.resolve();
        GatewayConfig config = GatewayConfig.of(values, machine);
        if (ServeCommand.isPrintConfig(serve)) {
            values.values().forEach(value -> out.println(describe(value)));
            return 0;
        }
        RuntimeTelemetry.turnOff();
        Foundation laid;
        try {
            laid = foundation.get();
        } catch (CompletionException e) {
            err.println("atelier: " + firstLine(e.getCause() == null ? e : e.getCause()));
            return FAILED;
        }
        return Server.start(config, laid, out, err);
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
