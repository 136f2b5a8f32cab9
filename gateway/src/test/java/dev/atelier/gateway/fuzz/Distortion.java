package dev.atelier.gateway.fuzz;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;

/** Spoils what is right. */
final class Distortion {
    /** More than the gateway of the test reads. */
    static final int TOO_MUCH = 400_000;

    private static final List<String> IDS = List.of(
            "nope",
            "0",
            "00000000-0000-0000-0000-000000000000",
            "%00",
            "%2e%2e",
            "..%2f..%2fetc",
            "%F0%9F%98%80",
            "%C3%28",
            "a".repeat(2000),
            "*",
            "~",
            "%25",
            "'%20OR%201=1--",
            "-1",
            "1e9",
            "null",
            "%7B%7D");

    private final Random random;

    Distortion(Random random) {
        this.random = random;
    }

    private <T> T one(List<T> choices) {
        return choices.get(random.nextInt(choices.size()));
    }

    String method() {
        return one(
                List.of("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "PROPFIND", "get", "X"));
    }

    String id() {
        return one(IDS);
    }

    String path(String path) {
        return switch (random.nextInt(6)) {
            case 0 -> path + "/";
            case 1 -> path + "/" + id();
            case 2 -> "/" + path;
            case 3 -> path.replaceFirst("[a-z]", "%61");
            case 4 -> "/" + id();
            default -> path.toUpperCase(Locale.ROOT);
        };
    }

    String queryValue() {
        return one(List.of(
                "", "0", "-1", "1.5", "x", "%00", "%C3%28", "9".repeat(40), "true", "&", "=", "%20", "a".repeat(500)));
    }

    String header(String name) {
        return switch (name) {
            case "Content-Type" ->
                one(List.of(
                        "text/plain",
                        "application/x-www-form-urlencoded",
                        "multipart/form-data",
                        "x",
                        ";",
                        "application/json;"));
            case "Content-Encoding" -> one(List.of("gzip", "br", "identity", "x"));
            case "Prefer" -> one(List.of("wait", "wait=-1", "wait=x", "wait=1, wait=2", ",,,", "respond-async"));
            case "Last-Event-ID" -> one(List.of("-1", "x", "9".repeat(30), ""));
            default -> one(List.of("", " ", "\u00e4\u00f6", "k".repeat(300), "two words", "\t"));
        };
    }

    /** Returns a body like this one, but not right. */
    byte[] body(JsonObject right) {
        return switch (random.nextInt(10)) {
            case 0 -> new byte[0];
            case 1 -> cut(bytes(right));
            case 2 -> flip(bytes(right));
            case 3 -> right.encode().getBytes(StandardCharsets.UTF_16);
            case 4 -> ("[".repeat(5000) + "]".repeat(5000)).getBytes(StandardCharsets.UTF_8);
            case 5 ->
                bytes(one(List.of(
                        "null", "[]", "3", "\"x\"", "{", "{\"a\":NaN}", "{}{}", "{\"model\":\"\\ud800\"}", "\u0000")));
            case 6 -> random.nextInt(8) == 0 ? new byte[TOO_MUCH] : zipped(bytes(right));
            default -> bytes(spoil(right.copy()));
        };
    }

    private static byte[] bytes(JsonObject json) {
        return json.toBuffer().getBytes();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private byte[] cut(byte[] bytes) {
        return Arrays.copyOf(bytes, random.nextInt(bytes.length + 1));
    }

    private byte[] flip(byte[] bytes) {
        for (int i = 0; i < 1 + random.nextInt(4); i++) {
            bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
        }
        return bytes;
    }

    private static byte[] zipped(byte[] bytes) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream zip = new GZIPOutputStream(out)) {
            zip.write(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    /** Changes a few values anywhere below. */
    private JsonObject spoil(JsonObject object) {
        for (int i = 0; i < 1 + random.nextInt(3) && !object.isEmpty(); i++) {
            String name = one(object.fieldNames().stream().sorted().toList());
            Object value = object.getValue(name);
            switch (random.nextInt(5)) {
                case 0 -> object.remove(name);
                case 1 -> object.put(name + "x", hostile());
                default -> object.put(name, spoiled(value));
            }
        }
        return object;
    }

    private @Nullable Object spoiled(@Nullable Object value) {
        if (value instanceof JsonObject inner && !inner.isEmpty() && random.nextInt(3) > 0) {
            return spoil(inner);
        }
        if (value instanceof JsonArray list && !list.isEmpty() && random.nextInt(3) > 0) {
            list.set(random.nextInt(list.size()), spoiled(list.getValue(random.nextInt(list.size()))));
            return list;
        }
        return hostile();
    }

    private @Nullable Object hostile() {
        return switch (random.nextInt(14)) {
            case 0 -> null;
            case 1 -> true;
            case 2 -> -1;
            case 3 -> 0;
            case 4 -> 1e300;
            case 5 -> -0.5;
            case 6 -> BigInteger.ONE.shiftLeft(64 + random.nextInt(64));
            case 7 -> "";
            case 8 -> "12x";
            case 9 -> "\u0000\u0001\uffff";
            case 10 -> new JsonArray();
            case 11 -> new JsonObject().put("a", new JsonArray().add(new JsonObject()));
            case 12 -> "y".repeat(random.nextInt(20_000));
            default -> Long.MIN_VALUE;
        };
    }
}
