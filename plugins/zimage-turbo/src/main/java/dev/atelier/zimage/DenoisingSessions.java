package dev.atelier.zimage;

import dev.atelier.plugin.Cancellation;
import dev.atelier.plugin.Device;
import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import dev.atelier.zimage.adapter.AdapterStack;
import dev.atelier.zimage.adapter.MergedWeights;
import dev.atelier.zimage.checkpoint.Checkpoint;
import dev.atelier.zimage.model.AdapterForms;
import dev.atelier.zimage.model.SessionSettings;
import dev.atelier.zimage.model.Sessions;
import dev.atelier.zimage.model.TransformerWeights;
import dev.atelier.zimage.model.ZImageModules;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Caption graph and transformer, opened at the first need for each kind of adapters, over the checkpoint's own weights
 * or over weights that adapters were merged into. Of the merged ones there is at most one on a device, whichever model
 * made it, and it goes first when the device's memory does not suffice. Used and closed on the device's thread.
 */
final class DenoisingSessions implements AutoCloseable {
    private static final Map<Device, DenoisingSessions> MERGED_ON = new ConcurrentHashMap<>();

    private final TransformerWeights weights;
    private final SessionSettings settings;
    private final Map<AdapterForms, Opened> plain = new EnumMap<>(AdapterForms.class);
    private @Nullable Merged merged;
    private @Nullable Opened latest;
    private volatile long weightBytes;

    private record Opened(Sessions sessions, Sessions.Denoising denoising) {}

    private record Merged(AdapterStack.Content content, AdapterForms forms, Opened opened) {}

    DenoisingSessions(TransformerWeights weights, SessionSettings settings) {
        this.weights = weights;
        this.settings = settings;
    }

    /** Returns the sessions over the checkpoint's weights that take adapters of some forms. */
    Sessions.Denoising of(AdapterForms forms) {
        Opened opened = plain.get(forms);
        if (opened == null) {
            opened = openMakingRoom(weights, forms);
            plain.put(forms, opened);
            count();
        }
        latest = opened;
        return opened.denoising();
    }

    /**
     * Returns the sessions over weights that a stack was merged into, which take further adapters of some forms.
     *
     * @throws PipelineException {@link ErrorCode#INSUFFICIENT_GPU_MEMORY} when they do not fit beside the others
     */
    Sessions.Denoising merged(AdapterStack stack, AdapterForms forms, Cancellation cancellation) {
        if (merged != null
                && merged.content().equals(stack.content())
                && merged.forms().equals(forms)) {
            latest = merged.opened();
            return merged.opened().denoising();
        }
        DenoisingSessions before = MERGED_ON.remove(settings.device());
        if (before != null) {
            before.closeMerged();
        }
        Opened opened = merge(stack, forms, cancellation);
        merged = new Merged(stack.content(), forms, opened);
        MERGED_ON.put(settings.device(), this);
        latest = opened;
        count();
        return opened.denoising();
    }

    /**
     * Closes all but the sessions that were returned last, on which a picture ran out of memory.
     *
     * @return whether there were any, so that it may fit now
     */
    boolean closeOthers() {
        return closeAllBut(latest);
    }

    /** Returns the bytes of the opened weights; from any thread. */
    long weightBytes() {
        return weightBytes;
    }

    @Override
    public void close() {
        MERGED_ON.remove(settings.device(), this);
        closeMerged();
        closePlainBut(null);
    }

    private Opened merge(AdapterStack stack, AdapterForms forms, Cancellation cancellation) {
        MergedWeights changed = new MergedWeights(
                weights.checkpoint(), ZImageModules.all(weights.config()), stack, settings.bfloat16());
        try {
            Path folder = Files.createTempDirectory("atelier-merged-");
            // a name of its own: sessions are told apart by their files' names
            Path file = folder.resolve(folder.getFileName() + ".safetensors");
            try {
                requireSpace(folder, changed.bytes());
                changed.write(file, cancellation);
                return openMakingRoom(new TransformerWeights(Checkpoint.open(folder), weights.config()), forms);
            } finally {
                delete(file);
                delete(folder);
            }
        } catch (IOException e) {
            throw new PipelineException(
                    ErrorCode.INTERNAL_ERROR, "the adapters cannot be merged into the weights: " + e, e);
        }
    }

    // What a session maps stays readable without its name; where the system refuses that, it goes with the process.
    private static void delete(Path path) {
        try {
            Files.deleteIfExists(path);
        } catch (IOException e) {
            path.toFile().deleteOnExit();
        }
    }

    private static void requireSpace(Path folder, long bytes) throws IOException {
        long free = Files.getFileStore(folder).getUsableSpace();
        if (free < bytes) {
            throw new PipelineException(
                    ErrorCode.STORAGE_FULL,
                    "to merge the adapters into the weights, " + folder.getParent() + " must have " + bytes
                            + " bytes free but has " + free);
        }
    }

    private Opened openMakingRoom(TransformerWeights from, AdapterForms forms) {
        try {
            return open(from, forms);
        } catch (PipelineException e) {
            if (e.code() != ErrorCode.INSUFFICIENT_GPU_MEMORY || !closeAllBut(null)) {
                throw e;
            }
            return open(from, forms);
        }
    }

    /** Only one kind is in use at a time, or none; says whether there was another. */
    private boolean closeAllBut(@Nullable Opened used) {
        boolean closed = false;
        if (merged == null || !merged.opened().equals(used)) {
            DenoisingSessions holder = MERGED_ON.remove(settings.device());
            closed = holder != null && holder.closeMerged();
        }
        return closePlainBut(used) || closed;
    }

    private boolean closePlainBut(@Nullable Opened used) {
        boolean closed = plain.values().removeIf(opened -> {
            if (!opened.equals(used)) {
                opened.sessions().close();
            }
            return !opened.equals(used);
        });
        count();
        return closed;
    }

    private Opened open(TransformerWeights from, AdapterForms forms) {
        Sessions sessions = new Sessions(settings);
        try {
            return new Opened(sessions, sessions.denoising(from, forms));
        } catch (RuntimeException | Error e) {
            sessions.close();
            throw e;
        }
    }

    private boolean closeMerged() {
        if (merged == null) {
            return false;
        }
        merged.opened().sessions().close();
        merged = null;
        count();
        return true;
    }

    private void count() {
        long bytes = merged == null ? 0 : merged.opened().sessions().weightBytes();
        for (Opened opened : plain.values()) {
            bytes += opened.sessions().weightBytes();
        }
        weightBytes = bytes;
    }
}
