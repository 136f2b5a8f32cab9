package dev.atelier.gateway.http;

import dev.atelier.gateway.http.SchemaReader.Tail;
import dev.atelier.gateway.job.OutputFormat;
import dev.atelier.plugin.GenerationDefaults;
import dev.atelier.plugin.GenerationPlan;
import dev.atelier.plugin.ImageSize;
import dev.atelier.plugin.Profile;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.math.BigInteger;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A submission as the client wrote it, already checked against the contract.
 *
 * @param model the model's id
 * @param loras the adapters
 * @param prompts at least one
 * @param triggerWord replaces {@code [trigger]}; null or empty for none
 * @param hfToken for downloads from the hub; null for none. Never shown or stored
 * @param profile how to read the numbers
 * @param outputFormat how to write the pictures
 * @param allowNoLora whether it may name no adapter; null leaves it to the server
 * @param terms on what terms it waits and is followed
 * @param sent how much was sent, stored or not
 */
record InferenceRequest(
        String model,
        List<Lora> loras,
        List<Prompt> prompts,
        @Nullable String triggerWord,
        @Nullable String hfToken,
        Profile profile,
        OutputFormat outputFormat,
        @Nullable Boolean allowNoLora,
        Terms terms,
        Sent sent) {
    /** The side of a picture whose size nobody gives, as the reference has it. */
    static final int USUAL_SIDE = 1024;

    private static final String TRIGGER = "[trigger]";

    InferenceRequest {
        loras = List.copyOf(loras);
        prompts = List.copyOf(prompts);
    }

    /**
     * How much a client sent. The lists of a request hold no more than the settings allow.
     *
     * @param loras the number of adapters
     * @param prompts the number of prompts
     * @param transformer whether any adapter names a transformer
     */
    record Sent(int loras, int prompts, boolean transformer) {
        private static Sent of(List<Lora> loras, List<Prompt> prompts, ReadRequest read) {
            Tail moreLoras = read.tails().get(List.<Object>of("body", "loras"));
            Tail morePrompts = read.tails().get(List.<Object>of("body", "prompts"));
            return new Sent(
                    moreLoras == null ? loras.size() : moreLoras.size(),
                    morePrompts == null ? prompts.size() : morePrompts.size(),
                    loras.stream().anyMatch(lora -> lora.transformer() != null)
                            || moreLoras != null && moreLoras.fields().contains("transformer"));
        }
    }

    /**
     * On what terms a request waits and is followed.
     *
     * @param priority higher ones are drawn first
     * @param expiresIn for how long it may wait to be started; null for ever
     * @param cancelOnDisconnect whether it ends when a client that waits for it goes away
     * @param previewEvery after how many steps a preview is wanted; null leaves it to the server
     */
    record Terms(
            int priority,
            @Nullable Duration expiresIn,
            boolean cancelOnDisconnect,
            @Nullable Integer previewEvery) {
        static Terms of(JsonObject json) {
            Double seconds = json.getDouble("expires_in");
            return new Terms(
                    orElse(json.getInteger("priority"), 0),
                    seconds == null ? null : Duration.ofMillis(Math.round(seconds * 1000)),
                    "cancel".equals(json.getString("on_disconnect")),
                    json.getInteger("preview_every"));
        }
    }

    /**
     * An adapter as the client wrote it.
     *
     * @param path the path or URL
     * @param transformer the expert that it is for; null for none
     * @param multiplier its strength
     * @param json the item as sent
     */
    record Lora(String path, @Nullable String transformer, double multiplier, JsonObject json) {
        static Lora of(JsonObject json) {
            return new Lora(
                    json.getString("path"),
                    json.getString("transformer"),
                    Optional.ofNullable(json.getDouble("network_multiplier")).orElse(1.0),
                    json);
        }
    }

    /**
     * One picture as the client wrote it; null stands for what was not said.
     *
     * @param text the prompt
     * @param triggerWord wins over the request's, unless empty
     * @param negative what to steer away from
     * @param width in pixels
     * @param height in pixels
     * @param steps denoising steps
     * @param guidanceScale in the reference's scale
     * @param seed -1 or an unsigned 64-bit number
     * @param resolution the size class
     * @param controlImage the first one
     */
    record Prompt(
            String text,
            @Nullable String triggerWord,
            @Nullable String negative,
            @Nullable Integer width,
            @Nullable Integer height,
            @Nullable Integer steps,
            @Nullable Double guidanceScale,
            @Nullable BigInteger seed,
            @Nullable String resolution,
            @Nullable String controlImage) {
        static Prompt of(JsonObject json) {
            Number seed = json.getNumber("seed");
            return new Prompt(
                    json.getString("prompt"),
                    json.getString("trigger_word"),
                    json.getString("neg"),
                    json.getInteger("width"),
                    json.getInteger("height"),
                    json.getInteger("sample_steps"),
                    json.getDouble("guidance_scale"),
                    seed == null ? null : new BigInteger(seed.toString()),
                    json.getString("resolution"),
                    json.getString("ctrl_img"));
        }
    }

    /** Tells which model is asked for, and nothing that may be secret. */
    @Override
    public String toString() {
        return "InferenceRequest[" + model + ", " + prompts.size() + " prompts]";
    }

    /** Reads a body that fits the contract. */
    static InferenceRequest of(ReadRequest read) {
        JsonObject json = read.requireBody();
        List<Lora> loras = objects(json.getJsonArray("loras")).map(Lora::of).toList();
        List<Prompt> prompts =
                objects(json.getJsonArray("prompts")).map(Prompt::of).toList();
        String profile = json.getString("profile", Profile.REFERENCE.id());
        String format = json.getString("output_format", OutputFormat.JPEG.id());
        return new InferenceRequest(
                json.getString("model"),
                loras,
                prompts,
                json.getString("trigger_word"),
                json.getString("hf_token"),
                Profile.ofId(profile == null ? Profile.REFERENCE.id() : profile).orElseThrow(),
                Arrays.stream(OutputFormat.values())
                        .filter(known -> known.id().equals(format == null ? OutputFormat.JPEG.id() : format))
                        .findFirst()
                        .orElseThrow(),
                json.getBoolean("allow_no_lora"),
                Terms.of(json),
                Sent.of(loras, prompts, read));
    }

    /**
     * Fills in what the client left out.
     *
     * @param defaults the model's
     * @param randomSeed draws a seed where the client asked for one
     * @return one plan per prompt, in order
     */
    List<GenerationPlan> plans(GenerationDefaults defaults, LongSupplier randomSeed) {
        return IntStream.range(0, prompts.size())
                .mapToObj(index -> plan(prompts.get(index), index, defaults, randomSeed))
                .toList();
    }

    private GenerationPlan plan(Prompt prompt, int index, GenerationDefaults defaults, LongSupplier randomSeed) {
        return new GenerationPlan(
                withTriggerWord(prompt),
                orElse(prompt.negative(), ""),
                new ImageSize(
                        orElse(prompt.width(), defaults.size().width()),
                        orElse(prompt.height(), defaults.size().height())),
                orElse(prompt.resolution(), "Default"),
                orElse(prompt.steps(), defaults.steps()),
                orElse(prompt.guidanceScale(), defaults.guidanceScale()),
                seed(prompt, defaults.seed() + index, randomSeed),
                profile);
    }

    /** Returns how long a prompt becomes with its trigger words, without making it: it may be far too long. */
    long promptLength(Prompt prompt) {
        String word = word(prompt);
        long length = prompt.text().length();
        int at = word.isEmpty() ? -1 : prompt.text().indexOf(TRIGGER);
        while (at >= 0) {
            length += word.length() - TRIGGER.length();
            at = prompt.text().indexOf(TRIGGER, at + TRIGGER.length());
        }
        return length;
    }

    private String withTriggerWord(Prompt prompt) {
        String word = word(prompt);
        return word.isEmpty() ? prompt.text() : prompt.text().replace(TRIGGER, word);
    }

    private String word(Prompt prompt) {
        String own = prompt.triggerWord();
        return orElse(own == null || own.isEmpty() ? triggerWord : own, "");
    }

    private static long seed(Prompt prompt, long otherwise, LongSupplier randomSeed) {
        BigInteger seed = prompt.seed();
        if (seed == null) {
            return otherwise;
        }
        return seed.signum() < 0 ? randomSeed.getAsLong() : seed.longValue();
    }

    private static <T> T orElse(@Nullable T value, T otherwise) {
        return value == null ? otherwise : value;
    }

    private static Stream<JsonObject> objects(JsonArray array) {
        return array.stream().map(JsonObject.class::cast);
    }
}
