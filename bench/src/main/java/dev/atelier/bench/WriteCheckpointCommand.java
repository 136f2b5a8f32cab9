package dev.atelier.bench;

import dev.atelier.synthetic.Presets;
import dev.atelier.synthetic.StorageType;
import dev.atelier.synthetic.SyntheticCheckpoint;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Writes a checkpoint with random weights. */
@Command(
        name = "write-checkpoint",
        description = "Writes a checkpoint with random weights: tiny, 250m or real (the dimensions of Z-Image-Turbo).",
        mixinStandardHelpOptions = true)
final class WriteCheckpointCommand implements Callable<Integer> {
    @Parameters(index = "0", paramLabel = "PRESET", description = "tiny, 250m or real")
    private String preset = "";

    @Parameters(index = "1", paramLabel = "FOLDER", description = "Where to")
    private Path folder = Path.of("");

    @Option(names = "--type", description = "How the transformer is stored: ${COMPLETION-CANDIDATES}")
    private StorageType type = StorageType.BF16;

    @Option(names = "--seed", description = "Of the weights; default ${DEFAULT-VALUE}")
    private long seed = 0;

    @Option(names = "--tokenizer", description = "The tokenizer to copy; default: the demo's")
    private Path tokenizer =
            Path.of(System.getProperty("atelier.home", "."), "plugins", "zimage-turbo", "demo", "tokenizer");

    @Override
    public Integer call() throws IOException {
        SyntheticCheckpoint checkpoint =
                switch (preset) {
                    case "tiny" -> Presets.tiny(seed);
                    case "250m" -> Presets.quarterBillion(type, seed);
                    case "real" -> Presets.real(type, seed);
                    default ->
                        throw new IllegalArgumentException("preset must be tiny, 250m or real but was " + preset);
                };
        checkpoint.writeTo(folder, tokenizer);
        System.out.println(folder + ": transformer with "
                + checkpoint.transformer().shape().parameters() + " parameters");
        return 0;
    }
}
