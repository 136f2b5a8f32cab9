package dev.atelier.gateway;

import dev.atelier.gateway.files.PrivateFiles;
import dev.atelier.gateway.registry.KeyFiles;
import dev.atelier.gateway.registry.TrustedKeys;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParseResult;

/** {@code sign-plugin}: signs plugin zips for servers that load no others, and makes the keys for it. */
final class SignPluginCommand {
    static final String NAME = "sign-plugin";

    private static final String KEY = "--key";
    private static final String NEW_KEY = "--new-key";

    private SignPluginCommand() {}

    /** Describes the command for the parser and its help. */
    static CommandSpec spec() {
        CommandSpec spec = CommandSpec.create().name(NAME);
        spec.usageMessage()
                .description(
                        "Signs plugin zips with Ed25519: writes NAME.zip.sig beside each. A server with",
                        "PLUGINS_TRUSTED_KEYS loads a zip only with the signature of one of its keys.");
        ServeCommand.addStandardOptions(spec);
        spec.addOption(OptionSpec.builder(KEY)
                .paramLabel("FILE")
                .arity("1")
                .type(Path.class)
                .description("The private key, in PEM form; one of openssl genpkey -algorithm ed25519 will do.")
                .build());
        spec.addOption(OptionSpec.builder(NEW_KEY)
                .paramLabel("NAME")
                .arity("1")
                .type(String.class)
                .description("Make a key first: NAME.key, which is to be kept, and NAME.pub for the servers.")
                .build());
        spec.addPositional(PositionalParamSpec.builder()
                .paramLabel("ZIP")
                .arity("0..*")
                .type(Path[].class)
                .auxiliaryTypes(Path.class)
                .description("The zips to sign.")
                .build());
        return spec;
    }

    /** Makes what is asked for; returns the exit code. */
    static int run(ParseResult parsed, PrintStream out) {
        String name = parsed.matchedOptionValue(NEW_KEY, "");
        Path key = parsed.matchedOptionValue(KEY, Path.of(name + ".key"));
        Path[] zips = parsed.matchedPositionalValue(0, new Path[0]);
        if (name.isEmpty() && (zips.length == 0 || !parsed.hasMatchedOption(KEY))) {
            throw new ConfigException(NAME + " needs " + KEY + " FILE and a ZIP, or " + NEW_KEY + " NAME");
        }
        try {
            if (!name.isEmpty()) {
                KeyFiles.writeNew(Path.of(name + ".key"), Path.of(name + ".pub"));
                out.println("Wrote " + name + ".key, to be kept, and " + name + ".pub for PLUGINS_TRUSTED_KEYS");
            }
            for (Path zip : zips) {
                Path signature = TrustedKeys.signatureOf(zip);
                byte[] signed = TrustedKeys.sign(zip, KeyFiles.readPrivate(key));
                String text = Base64.getEncoder().encodeToString(signed) + "\n";
                PrivateFiles.replace(signature, text.getBytes(StandardCharsets.US_ASCII), PrivateFiles.Access.ALL);
                out.println("Wrote " + signature);
            }
            return 0;
        } catch (IOException e) {
            throw new ConfigException(e.getClass().getSimpleName() + ": " + e.getMessage());
        }
    }
}
