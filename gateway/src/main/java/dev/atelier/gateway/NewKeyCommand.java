package dev.atelier.gateway;

import dev.atelier.gateway.access.ApiKey;
import dev.atelier.gateway.files.PrivateFiles;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParseResult;

/** {@code new-key}: makes an API key, which is printed once, and the line by which the server will know it. */
final class NewKeyCommand {
    static final String NAME = "new-key";

    private static final String ADMIN = "--admin";
    private static final String FILE = "--file";

    private NewKeyCommand() {}

    /** Describes the command for the parser and its help. */
    static CommandSpec spec() {
        CommandSpec spec = CommandSpec.create().name(NAME);
        spec.usageMessage()
                .description(
                        "Makes an API key. Prints the key, which nothing else will ever show again, and its line for",
                        "API_KEYS_FILE, in which only a hash stands. A running server reads a changed file by itself.");
        ServeCommand.addStandardOptions(spec);
        spec.addPositional(PositionalParamSpec.builder()
                .paramLabel("NAME")
                .arity("1")
                .type(String.class)
                .description("Whose key it is: letters, digits, '.', '_' and '-'.")
                .build());
        spec.addOption(OptionSpec.builder(ADMIN)
                .type(boolean.class)
                .description("The key may change the server, and sees everybody's requests.")
                .build());
        spec.addOption(OptionSpec.builder(FILE)
                .paramLabel("FILE")
                .arity("1")
                .type(Path.class)
                .description("Add the line to this file.")
                .build());
        return spec;
    }

    /** Makes the key; returns the exit code. */
    static int run(ParseResult parsed, PrintStream out) {
        String name = parsed.matchedPositionalValue(0, "");
        ApiKey.Fresh key;
        try {
            key = ApiKey.create(name, parsed.hasMatchedOption(ADMIN));
        } catch (IllegalArgumentException e) {
            throw new ConfigException(String.valueOf(e.getMessage()));
        }
        String line = key.known().line();
        Path file = parsed.matchedOptionValue(FILE, null);
        if (file != null) {
            append(file, line);
        }
        out.println(key.text());
        out.println(line);
        return 0;
    }

    private static void append(Path file, String line) {
        try (FileChannel channel = PrivateFiles.openOrCreate(file)) {
            String gap = endsWithLine(channel) ? "" : "\n";
            ByteBuffer added = ByteBuffer.wrap((gap + line + "\n").getBytes(StandardCharsets.UTF_8));
            channel.position(channel.size());
            while (added.hasRemaining()) {
                channel.write(added);
            }
        } catch (IOException e) {
            throw new ConfigException(file + " cannot be written: " + e);
        }
    }

    private static boolean endsWithLine(FileChannel channel) throws IOException {
        ByteBuffer last = ByteBuffer.allocate(1);
        return channel.size() == 0 || channel.read(last, channel.size() - 1) == 1 && last.get(0) == '\n';
    }
}
