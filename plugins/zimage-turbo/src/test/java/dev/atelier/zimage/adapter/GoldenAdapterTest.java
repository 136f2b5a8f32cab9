package dev.atelier.zimage.adapter;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.atelier.plugin.AdapterFile;
import dev.atelier.plugin.AdapterReport;
import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import dev.atelier.zimage.Golden;
import dev.atelier.zimage.checkpoint.Checkpoint;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The recorded adapter files against every linear of the demo's transformer. */
class GoldenAdapterTest {
    private static final AdapterReader READER =
            new AdapterReader(linears(Checkpoint.open(Golden.DEMO.resolve("transformer"))), Map.of());

    @ParameterizedTest
    @CsvSource({
        "loras/bare-default.safetensors,42,4,bare lora",
        "loras/peft.safetensors,42,4,diffusers lora",
        "loras/peft-alpha.safetensors,42,4,diffusers lora",
        "loras/rslora.safetensors,42,4,diffusers lora",
        "loras/every-target.safetensors,9,3,ai-toolkit lora"
    })
    void everyTensorOfAnUnderstoodFormFits(String file, int modules, int rank, String form) {
        assertFits(Golden.ROOT.resolve(file), modules, rank, form);
    }

    @Test
    void everyTensorOfTheDemosOwnAdapterFits() {
        assertFits(Golden.DEMO.resolve("loras/my_lora_job/my_lora.safetensors"), 42, 8, "ai-toolkit lora");
    }

    @ParameterizedTest
    @CsvSource({"peft,1", "peft-alpha,0.5", "rslora,1.5", "bare-default,1", "every-target,1"})
    void theScaleIsTheFiles(String name, float scale) {
        Adapter adapter = READER.read(of(Golden.ROOT.resolve("loras/" + name + ".safetensors")));
        String module = name.equals("every-target") ? "all_final_layer.2-1.linear" : "layers.3.attention.to_v";
        assertEquals(scale, adapter.change(module).orElseThrow().scale());
    }

    @ParameterizedTest
    @CsvSource({
        "kohya,LORA_NOT_APPLIED",
        "lokr-full,LORA_NOT_APPLIED",
        "lokr-factored,LORA_NOT_APPLIED",
        "diff,LORA_NOT_APPLIED",
        "dora,LORA_INVALID"
    })
    void aFormThatIsNotComputedIsNeverAppliedByHalves(String name, ErrorCode code) {
        AdapterFile file = of(Golden.ROOT.resolve("loras/" + name + ".safetensors"));
        assertEquals(
                code,
                assertThrows(PipelineException.class, () -> READER.read(file)).code());
    }

    private static void assertFits(Path file, int modules, int rank, String form) {
        AdapterReport report = READER.read(of(file)).report("x", 1);
        assertEquals(AdapterReport.Keys.NONE, report.unmatched());
        assertEquals(2 * modules, report.matchedKeys());
        assertEquals(modules, report.modules());
        assertEquals(List.of(rank), report.ranks());
        assertEquals(form, report.form());
    }

    private static AdapterFile of(Path file) {
        return new AdapterFile(file.getFileName().toString(), file, "0".repeat(64), 1);
    }

    private static List<Target> linears(Checkpoint checkpoint) {
        return checkpoint.names().stream()
                .filter(name -> name.endsWith(".weight")
                        && checkpoint.tensor(name).shape().size() == 2)
                .map(name -> {
                    List<Long> shape = checkpoint.tensor(name).shape();
                    String module = name.substring(0, name.length() - ".weight".length());
                    return new Target(
                            module, shape.get(0).intValue(), shape.get(1).intValue(), checkpoint.has(module + ".bias"));
                })
                .toList();
    }
}
