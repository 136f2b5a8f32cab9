package dev.atelier.gateway.testplugin;

import dev.atelier.plugin.AdapterReport;
import dev.atelier.plugin.ComponentSource;
import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.GenerationDefaults;
import dev.atelier.plugin.ImageSize;
import dev.atelier.plugin.PipelineDescriptor;
import dev.atelier.plugin.PipelineException;
import dev.atelier.plugin.PluginContext;
import dev.atelier.plugin.Profile;
import dev.atelier.plugin.TextToImagePipeline;
import dev.atelier.plugin.TextToImagePlugin;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import org.pf4j.Extension;

/** A model that paints a pattern from prompt and seed. Its zip says under which id and with which numbers. */
@Extension
public final class ProceduralModel implements TextToImagePlugin {
    static final String SETTINGS = "/procedural.properties";

    private final Properties settings = new Properties();

    /** Reads the zip's settings. */
    public ProceduralModel() {
        try (InputStream in = ProceduralModel.class.getResourceAsStream(SETTINGS)) {
            settings.load(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        if (settings.containsKey("constructorHang")) {
            hang();
        }
        if (settings.containsKey("constructorFailure")) {
            throw new IllegalStateException(settings.getProperty("constructorFailure"));
        }
    }

    // Deaf to interruption, as a loop in native code is.
    private static void hang() {
        CountDownLatch never = new CountDownLatch(1);
        while (never.getCount() > 0) {
            try {
                never.await();
            } catch (InterruptedException e) {
                // goes on
            }
        }
    }

    @Override
    public PipelineDescriptor descriptor() {
        if (settings.containsKey("outOfMemory")) {
            throw new OutOfMemoryError("as the test asked");
        }
        String base = settings.getProperty("base", "atelier/procedural");
        return new PipelineDescriptor(
                settings.getProperty("model"),
                "A pattern from prompt and seed",
                base,
                new GenerationDefaults(new ImageSize(1024, 1024), number("steps", 8), number("guidance", 1), 42),
                number("divisor", 32),
                number("adapters", 1),
                settings.containsKey("controlImage"),
                Set.of(Profile.values()),
                List.of("Default"),
                settings.containsKey("component")
                        ? Map.of("weights", new ComponentSource(base, "main", settings.getProperty("component")))
                        : Map.of());
    }

    private int number(String key, int otherwise) {
        return Integer.parseInt(settings.getProperty(key, Integer.toString(otherwise)));
    }

    /** Looks like the header of a safetensors file: its length, then a JSON object. */
    @Override
    public AdapterReport inspect(Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            byte[] head = in.readNBytes(9);
            long length = head.length < 9
                    ? -1
                    : ByteBuffer.wrap(head).order(ByteOrder.LITTLE_ENDIAN).getLong();
            if (length < 2 || length > Files.size(file) - 8 || head[8] != '{') {
                throw new PipelineException(ErrorCode.LORA_INVALID, "the header is not sane");
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return report(file.getFileName().toString(), 1, number("modules", 1));
    }

    static AdapterReport report(String name, double multiplier, int modules) {
        return new AdapterReport(
                name,
                multiplier,
                "procedural",
                List.of(),
                List.of(),
                List.of(),
                modules,
                modules,
                AdapterReport.Keys.NONE,
                AdapterReport.Keys.of(modules == 0 ? List.of("another.weight") : List.of()),
                Map.of());
    }

    @Override
    public TextToImagePipeline open(PluginContext context) {
        if (settings.containsKey("component")) {
            context.checkpoint("weights");
        }
        String gate = settings.getProperty("openGate");
        if (gate != null) {
            Gate.side(gate, "entered").complete(null);
            Gate.side(gate, "opened").join();
        }
        String failure = settings.getProperty("openFailure");
        if ("Error".equals(failure)) {
            throw new NoClassDefFoundError("some/Missing");
        }
        if ("Exhausted".equals(failure)) {
            throw new OutOfMemoryError("Java heap space");
        }
        if (failure != null) {
            throw new PipelineException(ErrorCode.valueOf(failure), "it does not open, as the test asked");
        }
        return new ProceduralPipeline(descriptor(), Room.of(settings.getProperty("room")));
    }
}
