package dev.atelier.gateway.testplugin;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.atelier.plugin.AdapterReport;
import dev.atelier.plugin.PipelineDescriptor;
import dev.atelier.plugin.PluginContext;
import dev.atelier.plugin.TextToImagePipeline;
import dev.atelier.plugin.TextToImagePlugin;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.pf4j.Extension;

/** Runs ONNX Runtime from within a plugin: its inspection's form is what a graph computed. */
@Extension
public final class OnnxModel implements TextToImagePlugin {
    /** A ModelProto of operator set 13: float[1] y = Add(x, x). */
    private static final byte[] DOUBLING = HexFormat.of()
            .parseHex(
                    "08083a350a0e0a01780a017812017922034164641201675a0f0a0178120a0a08080112040a020801620f0a0179120a0a08080112040a0208014202100d");

    private final TextToImagePlugin procedural = new ProceduralModel();

    @Override
    public PipelineDescriptor descriptor() {
        return procedural.descriptor();
    }

    @Override
    public AdapterReport inspect(Path file) {
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions();
                OrtSession session = environment.createSession(DOUBLING, options);
                OnnxTensor input = OnnxTensor.createTensor(environment, new float[] {21});
                OrtSession.Result result = session.run(Map.of("x", input))) {
            float[] output = (float[]) result.get(0).getValue();
            return new AdapterReport(
                    "onnx",
                    1,
                    Float.toString(output[0]),
                    List.of(),
                    List.of(),
                    List.of(),
                    1,
                    1,
                    AdapterReport.Keys.NONE,
                    AdapterReport.Keys.NONE,
                    Map.of());
        } catch (OrtException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public TextToImagePipeline open(PluginContext context) {
        return procedural.open(context);
    }
}
