package dev.atelier.zimage;

import dev.atelier.plugin.EffectiveSettings;
import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineDescriptor;
import dev.atelier.plugin.PipelineException;
import dev.atelier.plugin.PluginContext;
import dev.atelier.zimage.checkpoint.Config;
import dev.atelier.zimage.model.AdapterForms;
import dev.atelier.zimage.model.Sessions;
import dev.atelier.zimage.model.TextEncoderConfig;
import dev.atelier.zimage.model.TransformerConfig;
import dev.atelier.zimage.model.TransformerWeights;
import dev.atelier.zimage.model.VaeConfig;
import dev.atelier.zimage.model.VaeDecoder;
import dev.atelier.zimage.schedule.Schedule;
import dev.atelier.zimage.schedule.SchedulerConfig;
import dev.atelier.zimage.text.ChatTokenizer;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import java.util.OptionalDouble;

/** An opened checkpoint: its configs, its sessions and what is kept between images. */
final class ZImageModel implements AutoCloseable {
    private static final int MAX_TOKENS = 512;

    private final Sessions sessions;
    private final TransformerWeights weights;
    private final VaeConfig vaeConfig;
    private final SchedulerConfig schedulerConfig;
    private final ChatTokenizer tokenizer;
    private final CaptionEncoder captions;
    private final Map<AdapterForms, Sessions.Denoising> denoising = new EnumMap<>(AdapterForms.class);
    private final VaeDecoder vae;
    private final AdapterLoader adapters;
    private final SettingsResolver resolver;

    private ZImageModel(
            PipelineDescriptor descriptor,
            OptionalDouble staticShift,
            PluginContext context,
            Sessions sessions,
            ChatTokenizer tokenizer) {
        this.sessions = sessions;
        this.tokenizer = tokenizer;
        Path transformerFolder = context.checkpoint(Component.TRANSFORMER.id());
        Path textEncoderFolder = context.checkpoint(Component.TEXT_ENCODER.id());
        Path vaeFolder = context.checkpoint(Component.VAE.id());
        weights = TransformerWeights.open(transformerFolder);
        vaeConfig = VaeConfig.open(vaeFolder);
        checkFit(weights.config(), TextEncoderConfig.open(textEncoderFolder), vaeConfig, transformerFolder);
        schedulerConfig = scheduler(context.checkpoint(Component.SCHEDULER.id()), staticShift);
        denoising(AdapterForms.LOW_RANK);
        vae = sessions.vaeDecoder(vaeFolder);
        captions = new CaptionEncoder(
                tokenizer,
                sessions.textEncoder(textEncoderFolder),
                context.metrics(),
                context.cacheBudget().captionBytes());
        adapters = new AdapterLoader(
                weights,
                sessions.bfloat16(),
                context.metrics(),
                context.cacheBudget().adapterBytes());
        resolver = new SettingsResolver(
                schedulerConfig,
                weights.config(),
                descriptor.resolutionDivisor(),
                vaeConfig.scale(),
                captions::countTokens);
    }

    /**
     * Opens a checkpoint.
     *
     * @param staticShift replaces the checkpoint's own shift where given
     */
    static ZImageModel open(PipelineDescriptor descriptor, OptionalDouble staticShift, PluginContext context) {
        Sessions sessions = new Sessions(ZImageSettings.read(context.device(), context.settings()));
        ChatTokenizer tokenizer = ChatTokenizer.open(context.checkpoint(Component.TOKENIZER.id()), MAX_TOKENS);
        try {
            return new ZImageModel(descriptor, staticShift, context, sessions, tokenizer);
        } catch (RuntimeException | Error e) {
            tokenizer.close();
            sessions.close();
            throw e;
        }
    }

    TransformerConfig transformerConfig() {
        return weights.config();
    }

    VaeConfig vaeConfig() {
        return vaeConfig;
    }

    CaptionEncoder captions() {
        return captions;
    }

    /** Returns the sessions that take adapters of some forms, opening them at the first need. */
    Sessions.Denoising denoising(AdapterForms forms) {
        return denoising.computeIfAbsent(forms, absent -> sessions.denoising(weights, absent));
    }

    VaeDecoder vae() {
        return vae;
    }

    AdapterLoader adapters() {
        return adapters;
    }

    SettingsResolver resolver() {
        return resolver;
    }

    /** Returns the schedule that the settings were resolved to. */
    Schedule schedule(EffectiveSettings effective) {
        return new Schedule(effective.sigmas(), schedulerConfig.trainTimesteps());
    }

    long residentBytes() {
        return sessions.weightBytes() + captions.keptBytes() + adapters.keptBytes();
    }

    @Override
    public void close() {
        tokenizer.close();
        sessions.close();
    }

    private static SchedulerConfig scheduler(Path folder, OptionalDouble staticShift) {
        SchedulerConfig own = SchedulerConfig.read(Config.open(folder.resolve("scheduler_config.json")));
        return staticShift.isPresent() ? own.withStaticShift(staticShift.getAsDouble()) : own;
    }

    private static void checkFit(
            TransformerConfig transformer, TextEncoderConfig text, VaeConfig vae, Path transformerFolder) {
        if (transformer.capFeatDim() != text.hidden()) {
            throw misfit(
                    transformerFolder,
                    "cap_feat_dim must be the text encoder's hidden_size " + text.hidden() + " but is "
                            + transformer.capFeatDim());
        }
        if (transformer.inChannels() != vae.latentChannels()) {
            throw misfit(
                    transformerFolder,
                    "in_channels must be the VAE's latent_channels " + vae.latentChannels() + " but is "
                            + transformer.inChannels());
        }
    }

    private static PipelineException misfit(Path folder, String message) {
        return new PipelineException(ErrorCode.CHECKPOINT_INVALID, folder.resolve("config.json") + ": " + message);
    }
}
