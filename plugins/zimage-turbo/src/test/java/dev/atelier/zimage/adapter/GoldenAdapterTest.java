package dev.atelier.zimage.adapter;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.atelier.plugin.AdapterFile;
import dev.atelier.plugin.AdapterInspection;
import dev.atelier.plugin.AdapterReport;
import dev.atelier.plugin.ComponentFiles;
import dev.atelier.zimage.AdapterFiles;
import dev.atelier.zimage.Golden;
import dev.atelier.zimage.ZImagePlugin;
import dev.atelier.zimage.checkpoint.Checkpoint;
import dev.atelier.zimage.model.TransformerConfig;
import dev.atelier.zimage.model.ZImageModules;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The recorded adapter files against every linear of the demo's transformer. */
class GoldenAdapterTest {
    private static final Checkpoint CHECKPOINT = Checkpoint.open(Golden.DEMO.resolve("transformer"));
    private static final AdapterModel MODEL =
            ZImageModules.of("zimage_turbo", TransformerConfig.open(Golden.DEMO.resolve("transformer")));
    private static final AdapterReader READER = new AdapterReader(MODEL, new CheckpointWeights(CHECKPOINT, false));

    @ParameterizedTest
    @CsvSource({
        "bare-default,42,84,4,,bare lora",
        "diff,2,3,,,ai-toolkit difference",
        "dora,42,126,4,,ai-toolkit lora (dora)",
        "dots,42,84,4,,ai-toolkit lora",
        "every-target,9,18,3,,ai-toolkit lora",
        "fused-qkv,42,60,4 12,,ai-toolkit lora",
        "kohya,42,126,8,4.0,kohya lora",
        "lokr-factored,42,168,4,2.0,ai-toolkit lokr",
        "lokr-full,42,126,,,ai-toolkit lokr",
        "peft,42,84,4,,diffusers lora",
        "peft-alpha,42,84,4,2.0,diffusers lora",
        "rslora,42,84,4,3.0,diffusers lora",
        "double-underscore,42,126,8,8.0,kohya lora",
        "peft-nested,42,84,8,,peft lora",
        "peft-folder/adapter_model,42,84,8,4.0,peft lora",
        "loha,12,60,4,2.0,kohya loha",
        "norms,92,134,8,,'ai-toolkit difference, ai-toolkit lora'",
        "fp8-e4m3,42,84,8,,ai-toolkit lora"
    })
    void everyTensorOfEveryFormFits(
            String name, int modules, int matched, @Nullable String ranks, @Nullable Double alpha, String form) {
        AdapterReport report = SmallModel.read(READER, of(Golden.ROOT.resolve("loras/" + name + ".safetensors")))
                .report("x", 1);
        assertEquals(AdapterReport.Keys.NONE, report.unmatched());
        assertEquals(name.equals("dots") ? 24 : 0, report.partlyMatched().count());
        assertEquals(matched, report.matchedKeys());
        assertEquals(modules, report.modules());
        assertEquals(
                ranks == null
                        ? List.of()
                        : Stream.of(ranks.split(" ")).map(Integer::valueOf).toList(),
                report.ranks());
        assertEquals(alpha == null ? List.of() : List.of(alpha), report.alphas());
        assertEquals(form, report.form());
    }

    /** The header alone says what the whole file does. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "dora",
                "dots",
                "fused-qkv",
                "kohya",
                "lokr-factored",
                "diff",
                "rslora",
                "double-underscore",
                "peft-nested",
                "peft-folder/adapter_model",
                "loha",
                "norms",
                "fp8-e4m3"
            })
    void inspectionSaysTheSameWithTheCheckpointAndWithoutIt(String name) {
        AdapterFile file = of(Golden.ROOT.resolve("loras/" + name + ".safetensors"));
        AdapterInspection job =
                new AdapterInspection(SmallModel.read(READER, file).report(file.name(), 1), null);
        ComponentFiles local = component -> Optional.of(Golden.DEMO.resolve(component));
        assertEquals(job, new ZImagePlugin().inspect(file.source(), local));
        assertEquals(job, new ZImagePlugin().inspect(file.source(), ComponentFiles.NONE));
    }

    @Test
    void everyTensorOfTheDemosOwnAdapterFits() {
        AdapterReport report = SmallModel.read(READER, of(Golden.DEMO.resolve("loras/my_lora_job/my_lora.safetensors")))
                .report("x", 1);
        assertEquals(AdapterReport.Keys.NONE, report.unmatched());
        assertEquals(84, report.matchedKeys());
        assertEquals(List.of(8), report.ranks());
    }

    @ParameterizedTest
    @CsvSource({
        "peft,1",
        "peft-alpha,0.5",
        "rslora,1.5",
        "bare-default,1",
        "every-target,1",
        "peft-folder/adapter_model,0.5"
    })
    void theScaleIsTheFiles(String name, float scale) {
        Adapter adapter = SmallModel.read(READER, of(Golden.ROOT.resolve("loras/" + name + ".safetensors")));
        String module = name.equals("every-target") ? "all_final_layer.2-1.linear" : "layers.3.attention.to_v";
        assertEquals(scale, ((LowRank) adapter.change(module).orElseThrow().delta()).scale());
    }

    private static AdapterFile of(Path file) {
        return AdapterFiles.of(file.getFileName().toString(), file, 1);
    }
}
