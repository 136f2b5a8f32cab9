package dev.atelier.zimage.onnx;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataLocation;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import dev.atelier.zimage.checkpoint.TensorEntry;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;

/**
 * Builds one ONNX model in memory. Weights are not copied into it: each is external data that points at its bytes
 * inside a safetensors file, below one folder that the session is told of
 * ({@code session.model_external_initializers_file_folder_path}).
 *
 * <p>Not thread-safe; build once, then discard.
 */
public final class GraphBuilder {
    /** The domain of ONNX Runtime's own operators. */
    public static final String MICROSOFT = "com.microsoft";

    private static final int IR_VERSION = 10;
    private static final int OPSET = 21;

    private static final Value ABSENT = new Value("", DataType.UNDEFINED);

    private final Path root;
    private final GraphProto.Builder graph;
    private GraphProto.Builder scope;
    private final Map<String, Value> weights = new LinkedHashMap<>();
    private final Map<String, Value> constants = new LinkedHashMap<>();
    private final Map<String, Value> marks = new LinkedHashMap<>();
    private final Set<String> locations = new TreeSet<>();
    private int names;
    private long weightElements;

    /**
     * Starts an empty graph.
     *
     * @param name for logs and profiles
     * @param root the folder, links resolved, that holds every weight file
     */
    public GraphBuilder(String name, Path root) {
        this.root = root;
        this.graph = GraphProto.newBuilder().setName(name);
        this.scope = graph;
    }

    /**
     * Declares an input that every run must feed.
     *
     * @param dims {@code Long} for a fixed length, {@code String} for one that may change from run to run
     */
    public Value input(String name, DataType type, Object... dims) {
        graph.addInput(info(name, type, dims));
        return new Value(name, type);
    }

    /** Declares an output; it keeps the name. */
    public void output(String name, Value value) {
        graph.addNode(NodeProto.newBuilder()
                .setOpType("Identity")
                .addInput(value.name())
                .addOutput(name));
        graph.addOutput(info(name, value.type()));
    }

    /** Remembers a value by name, so that a test can make it an output with {@link #outputMarks(List)}. */
    public Value mark(String name, Value value) {
        marks.put(name, value);
        return value;
    }

    /** Makes marked values outputs, as float32. */
    public void outputMarks(List<String> wanted) {
        for (String name : wanted) {
            Value value = marks.get(name);
            if (value == null) {
                throw new IllegalArgumentException("nothing is marked " + name + "; there are " + marks.keySet());
            }
            output(name, cast(value, DataType.FLOAT));
        }
    }

    /** Returns a weight in its stored type. */
    public Value weight(TensorEntry entry) {
        return weights.computeIfAbsent(entry.name(), name -> {
            DataType type = onnxType(entry);
            TensorProto.Builder tensor = TensorProto.newBuilder()
                    .setName(name)
                    .setDataType(type.getNumber())
                    .addAllDims(entry.shape())
                    .setDataLocation(DataLocation.EXTERNAL);
            tensor.addExternalData(pair("location", location(entry)));
            tensor.addExternalData(pair("offset", Long.toString(entry.offset())));
            tensor.addExternalData(pair("length", Long.toString(entry.length())));
            graph.addInitializer(tensor);
            weightElements += entry.elements();
            return new Value(name, type);
        });
    }

    /** Returns a weight in another type; the runtime converts it once, when the session is made. */
    public Value weight(TensorEntry entry, DataType type) {
        return cast(weight(entry), type);
    }

    /** Returns the value in another type, or itself when it has that type already. */
    public Value cast(Value value, DataType type) {
        if (value.type() == type) {
            return value;
        }
        return node("Cast", "", type, Attributes.none().integer("to", type.getNumber()), value);
    }

    /** Returns a constant vector of integers. */
    public Value integers(long... values) {
        return constants.computeIfAbsent("i" + Arrays.toString(values), key -> {
            TensorProto.Builder tensor = TensorProto.newBuilder()
                    .setName(fresh("integers"))
                    .setDataType(DataType.INT64.getNumber())
                    .addDims(values.length);
            for (long value : values) {
                tensor.addInt64Data(value);
            }
            graph.addInitializer(tensor);
            return new Value(tensor.getName(), DataType.INT64);
        });
    }

    /** Returns a constant vector of float32. */
    public Value floats(float... values) {
        return constants.computeIfAbsent("f" + Arrays.toString(values), key -> {
            TensorProto.Builder tensor = TensorProto.newBuilder()
                    .setName(fresh("floats"))
                    .setDataType(DataType.FLOAT.getNumber())
                    .addDims(values.length);
            for (float value : values) {
                tensor.addFloatData(value);
            }
            graph.addInitializer(tensor);
            return new Value(tensor.getName(), DataType.FLOAT);
        });
    }

    /** Returns a constant vector filled with one number, in the type given. */
    public Value filled(float number, int length, DataType type) {
        float[] values = new float[length];
        Arrays.fill(values, number);
        return cast(floats(values), type);
    }

    /** Adds a resize by constant factors; its second, unused input is left out. */
    public Value resize(Value x, Attributes attributes, float... factors) {
        return node("Resize", "", x.type(), attributes, x, ABSENT, floats(factors));
    }

    /** Adds a node with one output. */
    public Value node(String operator, String domain, DataType type, Attributes attributes, Value... inputs) {
        String output = fresh(operator);
        addNode(operator, domain, attributes, List.of(inputs), List.of(output));
        return new Value(output, type);
    }

    /**
     * Adds a node with several outputs of one type.
     *
     * @param used for each output whether it is wanted; one that is not has no name and gives null in the result
     */
    public List<@org.jspecify.annotations.Nullable Value> nodes(
            String operator, String domain, DataType type, Attributes attributes, boolean[] used, Value... inputs) {
        List<String> outputs = new ArrayList<>();
        List<@org.jspecify.annotations.Nullable Value> values = new ArrayList<>();
        for (boolean wanted : used) {
            String name = wanted ? fresh(operator) : "";
            outputs.add(name);
            values.add(wanted ? new Value(name, type) : null);
        }
        addNode(operator, domain, attributes, List.of(inputs), outputs);
        return values;
    }

    /**
     * Adds a choice: only the branch that the condition names is computed. Branches see every value of the graph; what
     * is made in one is not seen outside it.
     *
     * @param condition one truth value
     */
    public Value choose(Value condition, DataType type, Supplier<Value> then, Supplier<Value> otherwise) {
        Attributes branches =
                Attributes.none().graph("then_branch", branch(then)).graph("else_branch", branch(otherwise));
        return node("If", "", type, branches, condition);
    }

    private GraphProto branch(Supplier<Value> content) {
        GraphProto.Builder outer = scope;
        scope = GraphProto.newBuilder().setName(fresh("branch"));
        try {
            Value result = content.get();
            Value output = node("Identity", "", result.type(), Attributes.none(), result);
            return scope.addOutput(info(output.name(), output.type())).build();
        } finally {
            scope = outer;
        }
    }

    /** Returns the serialized model. */
    public OnnxModel build() {
        byte[] bytes = ModelProto.newBuilder()
                .setIrVersion(IR_VERSION)
                .setProducerName("atelier")
                .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(OPSET))
                .addOpsetImport(
                        OperatorSetIdProto.newBuilder().setDomain(MICROSOFT).setVersion(1))
                .setGraph(graph)
                .build()
                .toByteArray();
        return new OnnxModel(bytes, root, List.copyOf(locations), weightElements);
    }

    private void addNode(
            String operator, String domain, Attributes attributes, List<Value> inputs, List<String> outputs) {
        NodeProto.Builder node =
                NodeProto.newBuilder().setOpType(operator).setDomain(domain).setName(fresh(operator));
        inputs.forEach(input -> node.addInput(input.name()));
        node.addAllOutput(outputs).addAllAttribute(attributes.protos());
        scope.addNode(node);
    }

    private String fresh(String stem) {
        return stem + "_" + names++;
    }

    private String location(TensorEntry entry) {
        String location = root.relativize(entry.realFile()).toString().replace('\\', '/');
        locations.add(location);
        return location;
    }

    private static DataType onnxType(TensorEntry entry) {
        return switch (entry.dtype()) {
            case F32 -> DataType.FLOAT;
            case F16 -> DataType.FLOAT16;
            case BF16 -> DataType.BFLOAT16;
            case F64 -> DataType.DOUBLE;
            default ->
                throw new PipelineException(
                        ErrorCode.CHECKPOINT_INVALID,
                        entry.file() + ": tensor " + entry.name() + " must be F64, F32, BF16 or F16 but was "
                                + entry.dtype());
        };
    }

    private static StringStringEntryProto.Builder pair(String key, String value) {
        return StringStringEntryProto.newBuilder().setKey(key).setValue(value);
    }

    private static ValueInfoProto info(String name, DataType type, Object... dims) {
        TypeProto.Tensor.Builder tensor = TypeProto.Tensor.newBuilder().setElemType(type.getNumber());
        if (dims.length > 0) {
            TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
            for (Object dim : dims) {
                TensorShapeProto.Dimension.Builder dimension = TensorShapeProto.Dimension.newBuilder();
                shape.addDim(
                        dim instanceof String symbol
                                ? dimension.setDimParam(symbol)
                                : dimension.setDimValue(((Number) dim).longValue()));
            }
            tensor.setShape(shape);
        }
        return ValueInfoProto.newBuilder()
                .setName(name)
                .setType(TypeProto.newBuilder().setTensorType(tensor))
                .build();
    }
}
