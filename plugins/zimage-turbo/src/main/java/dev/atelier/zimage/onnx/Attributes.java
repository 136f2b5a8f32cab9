package dev.atelier.zimage.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.AttributeProto.AttributeType;
import ai.onnx.proto.OnnxMl.GraphProto;
import java.util.ArrayList;
import java.util.List;

/** The attributes of one node, in the order given. */
public final class Attributes {
    private final List<AttributeProto> protos = new ArrayList<>();

    /** Starts an empty list. */
    public static Attributes none() {
        return new Attributes();
    }

    /** Adds an integer. */
    public Attributes integer(String name, long value) {
        protos.add(start(name, AttributeType.INT).setI(value).build());
        return this;
    }

    /** Adds a float. */
    public Attributes number(String name, float value) {
        protos.add(start(name, AttributeType.FLOAT).setF(value).build());
        return this;
    }

    /** Adds a string. */
    public Attributes text(String name, String value) {
        protos.add(start(name, AttributeType.STRING)
                .setS(com.google.protobuf.ByteString.copyFromUtf8(value))
                .build());
        return this;
    }

    /** Adds a subgraph. */
    public Attributes graph(String name, GraphProto value) {
        protos.add(start(name, AttributeType.GRAPH).setG(value).build());
        return this;
    }

    /** Adds a list of integers. */
    public Attributes integers(String name, long... values) {
        AttributeProto.Builder proto = start(name, AttributeType.INTS);
        for (long value : values) {
            proto.addInts(value);
        }
        protos.add(proto.build());
        return this;
    }

    List<AttributeProto> protos() {
        return protos;
    }

    private static AttributeProto.Builder start(String name, AttributeType type) {
        return AttributeProto.newBuilder().setName(name).setType(type);
    }
}
