package dev.atelier.zimage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.atelier.plugin.AdapterFile;
import dev.atelier.plugin.Cancellation;
import dev.atelier.zimage.model.TransformerWeights;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is kept between images when the budget does not hold everything. */
class AdapterLoaderTest {
    private static final TransformerWeights WEIGHTS = TransformerWeights.open(Golden.DEMO.resolve("transformer"));

    @Test
    void theLastImagesTensorsAreKeptAlsoWhenTheCacheHadFilledTheBudget() {
        long one = keptBytes(1 << 24, "peft");
        try (AdapterLoader loader = loader(one + one / 4)) {
            for (String name : List.of("rslora", "bare-default", "peft-alpha", "peft")) {
                assertTrue(prepare(loader, name), name);
                assertTrue(loader.keptBytes() <= one + one / 4, name);
            }
            assertTrue(prepare(loader, "peft"));
        }
    }

    @Test
    void tensorsAreNotKeptInPlaceOfTheAdaptersThatTheyAreMadeOf() {
        long one = keptBytes(1 << 24, "peft");
        try (AdapterLoader loader = loader(one - 1)) {
            assertFalse(prepare(loader, "peft"));
            long cached = loader.keptBytes();
            assertTrue(cached > 0);
            assertFalse(prepare(loader, "peft"));
            assertEquals(cached, loader.keptBytes());
        }
    }

    private static long keptBytes(long budget, String name) {
        try (AdapterLoader loader = loader(budget)) {
            assertTrue(prepare(loader, name));
            return loader.keptBytes();
        }
    }

    private static boolean prepare(AdapterLoader loader, String name) {
        AdapterFile file = AdapterFiles.of(name, Golden.ROOT.resolve("loras/" + name + ".safetensors"), 1);
        try (AdapterLoader.Prepared prepared = loader.prepare(List.of(file), false, Cancellation.NEVER)) {
            return prepared.kept();
        }
    }

    private static AdapterLoader loader(long budget) {
        return new AdapterLoader("zimage_turbo", WEIGHTS, false, counter -> {}, budget);
    }
}
