package dev.atelier.gateway.worker;

import dev.atelier.gateway.output.ImageEncoder;
import dev.atelier.plugin.RgbImage;
import java.util.Base64;
import java.util.Optional;

/** A small picture of what is there by a step, in the form in which events carry it. */
final class PreviewImage {
    /** What an event names it. */
    static final String KEY = "preview";

    /** A model decides how large its previews are, and events are kept with the job. */
    private static final int MOST_BYTES = 96 * 1024;

    private static final String DATA_URL = "data:image/jpeg;base64,";

    private PreviewImage() {}

    /** Returns a picture as a data URL; empty when it is too large to be sent along. */
    static Optional<String> dataUrl(RgbImage image) {
        byte[] jpeg = ImageEncoder.encodePreview(image);
        return jpeg.length > MOST_BYTES
                ? Optional.empty()
                : Optional.of(DATA_URL + Base64.getEncoder().encodeToString(jpeg));
    }
}
