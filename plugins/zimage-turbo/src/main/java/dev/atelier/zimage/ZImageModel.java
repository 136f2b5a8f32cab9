package dev.atelier.zimage;

import dev.atelier.plugin.Cancellation;
import dev.atelier.plugin.EffectiveSettings;
import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineDescriptor;
import dev.atelier.plugin.PipelineException;
import dev.atelier.plugin.PluginContext;
import dev.atelier.plugin.Profile;
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
import java.util.OptionalDouble;

/** An opened checkpoint: its configs, its sessions and what is kept between images. */
final class ZImageModel implements AutoCloseable {
    private static final int MAX_TOKENS = 512;

    private final Parts parts;
    private final VaeConfig vaeConfig;
    private final SchedulerConfig schedulerConfig;
    private final CaptionEncoder captions;
    private final VaeDecoder vae;
    private final AdapterLoader adapters;
    private final SettingsResolver resolver;

    /** What has to be closed, and what it was opened with. */
    private record Parts(
            ZImageSettings settings,
            TransformerWeights weights,
            ChatTokenizer tokenizer,
            Sessions sessions,
            DenoisingSessions denoising)
            implements AutoCloseable {
        static Parts open(PluginContext context) {
            ZImageSettings settings = ZImageSettings.read(context.device(), context.settings());
            TransformerWeights weights = TransformerWeights.open(context.checkpoint(Component.TRANSFORMER.id()));
            return new Parts(
                    settings,
                    weights,
                    ChatTokenizer.open(context.checkpoint(Component.TOKENIZER.id()), MAX_TOKENS),
                    new Sessions(settings.sessions()),
                    new DenoisingSessions(weights, settings.sessions()));
        }

        @Override
        public void close() {
            tokenizer.close();
            sessions.close();
            denoising.close();
        }
    }

    private ZImageModel(PipelineDescriptor descriptor, OptionalDouble staticShift, PluginContext context, Parts parts) {
        this.parts = parts;
        Path textEncoderFolder = context.checkpoint(Component.TEXT_ENCODER.id());
        Path vaeFolder = context.checkpoint(Component.VAE.id());
        TransformerWeights weights = parts.weights();
        Sessions sessions = parts.sessions();
        vaeConfig = VaeConfig.open(vaeFolder);
        checkFit(weights, TextEncoderConfig.open(textEncoderFolder), vaeConfig);
        schedulerConfig = scheduler(context.checkpoint(Component.SCHEDULER.id()), staticShift);
        parts.denoising().of(AdapterForms.LOW_RANK);
        vae = sessions.vaeDecoder(vaeFolder);
        captions = new CaptionEncoder(
                parts.tokenizer(),
                sessions.textEncoder(textEncoderFolder),
                context.metrics(),
                context.cacheBudget().captionBytes());
        adapters = new AdapterLoader(
                descriptor.modelId(),
                weights,
                parts.settings().sessions().bfloat16(),
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
        Parts parts = Parts.open(context);
        try {
            return new ZImageModel(descriptor, staticShift, context, parts);
        } catch (RuntimeException | Error e) {
            parts.close();
            throw e;
        }
    }

    TransformerConfig transformerConfig() {
        return parts.weights().config();
    }

    VaeConfig vaeConfig() {
        return vaeConfig;
    }

    CaptionEncoder captions() {
        return captions;
    }

    /** Returns the sessions that take adapters of some forms, opening them at the first need. */
    Sessions.Denoising denoising(AdapterForms forms) {
        return parts.denoising().of(forms);
    }

    /** Returns the sessions for an image's adapters, merging and opening what they need. */
    Sessions.Denoising denoising(AdapterLoader.Prepared adapters, Cancellation cancellation) {
        AdapterForms forms = adapters.tensors().forms();
        return adapters.merged().isEmpty()
                ? parts.denoising().of(forms)
                : parts.denoising().merged(adapters.merged(), forms, cancellation);
    }

    /** Closes the sessions that the last image did not need; says whether there were any. */
    boolean closeUnused() {
        return parts.denoising().closeOthers();
    }

    /** Says whether a profile's adapters are merged into the weights. */
    boolean merges(Profile profile) {
        return parts.settings().merges(profile);
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
        return parts.sessions().weightBytes()
                + parts.denoising().weightBytes()
                + captions.keptBytes()
                + adapters.keptBytes();
    }

    @Override
    public void close() {
        adapters.close();
        parts.close();
    }

    private static SchedulerConfig scheduler(Path folder, OptionalDouble staticShift) {
        SchedulerConfig own = SchedulerConfig.read(Config.open(folder.resolve("scheduler_config.json")));
        return staticShift.isPresent() ? own.withStaticShift(staticShift.getAsDouble()) : own;
    }

    private static void checkFit(TransformerWeights weights, TextEncoderConfig text, VaeConfig vae) {
        TransformerConfig transformer = weights.config();
        Path folder = weights.checkpoint().folder();
        if (transformer.capFeatDim() != text.hidden()) {
            throw misfit(
                    folder,
                    "cap_feat_dim must be the text encoder's hidden_size " + text.hidden() + " but is "
                            + transformer.capFeatDim());
        }
        if (transformer.inChannels() != vae.latentChannels()) {
            throw misfit(
                    folder,
                    "in_channels must be the VAE's latent_channels " + vae.latentChannels() + " but is "
                            + transformer.inChannels());
        }
    }

    private static PipelineException misfit(Path folder, String message) {
        return new PipelineException(ErrorCode.CHECKPOINT_INVALID, folder.resolve("config.json") + ": " + message);
    }
}
