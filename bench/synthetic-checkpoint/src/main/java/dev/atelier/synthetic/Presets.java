package dev.atelier.synthetic;

import java.util.List;

/** Checkpoints that benchmarks and tests ask for by name. */
public final class Presets {
    private static final long SHARD_BYTES = 10_000_000_000L;
    private static final int DEMO_VOCABULARY = 514;
    private static final ScheduleShape TURBO = new ScheduleShape(3.0, false);

    private Presets() {}

    /** Returns the dimensions of a VAE as the real checkpoints have it: scale 8, 84 million parameters. */
    public static VaeShape realVae() {
        return new VaeShape(16, List.of(128, 256, 512, 512), 2, 32, true, false, 0.3611, 0.1159);
    }

    /** About 250 million transformer parameters in the real model's proportions, with the real VAE. */
    public static SyntheticCheckpoint quarterBillion(StorageType type, long seed) {
        TransformerShape transformer =
                new TransformerShape(1024, 14, 2, 8, 512, 16, List.of(32, 48, 48), List.of(1536, 512, 512), true);
        TextEncoderShape textEncoder = new TextEncoderShape(DEMO_VOCABULARY, 512, 1536, 8, 8, 4, 64);
        return new SyntheticCheckpoint(
                Stored.whole(transformer, type),
                Stored.whole(textEncoder, type),
                Stored.whole(realVae(), type),
                TURBO,
                seed);
    }

    /** The dimensions of Z-Image-Turbo: 6 billion transformer and 4 billion text encoder parameters. */
    public static SyntheticCheckpoint real(StorageType transformerType, long seed) {
        TransformerShape transformer =
                new TransformerShape(3840, 30, 2, 30, 2560, 16, List.of(32, 48, 48), List.of(1536, 512, 512), true);
        TextEncoderShape textEncoder = new TextEncoderShape(151_936, 2560, 9728, 36, 32, 8, 128);
        return new SyntheticCheckpoint(
                new Stored(transformer, transformerType, SHARD_BYTES),
                new Stored(textEncoder, StorageType.BF16, SHARD_BYTES / 2),
                Stored.whole(realVae(), StorageType.BF16),
                TURBO,
                seed);
    }

    /** A few megabytes, unlike the demo in every dimension: for tests that must not depend on one. */
    public static SyntheticCheckpoint tiny(long seed) {
        TransformerShape transformer =
                new TransformerShape(96, 3, 1, 4, 72, 8, List.of(8, 8, 8), List.of(256, 64, 64), true);
        TextEncoderShape textEncoder = new TextEncoderShape(DEMO_VOCABULARY, 72, 160, 3, 6, 2, 16);
        VaeShape vae = new VaeShape(8, List.of(16, 24, 32), 2, 8, true, true, 0.5, 0.25);
        return new SyntheticCheckpoint(
                new Stored(transformer, StorageType.F16, 400_000),
                new Stored(textEncoder, StorageType.F32, 200_000),
                new Stored(vae, StorageType.BF16, 100_000),
                new ScheduleShape(1.0, true),
                seed);
    }
}
