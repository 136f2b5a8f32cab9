package dev.atelier.zimage;

import java.util.OptionalDouble;
import org.pf4j.Extension;

/** Z-Image Turbo. */
@Extension
public final class ZImagePlugin extends ZImageFamily {
    private static final String REPOSITORY = "Tongyi-MAI/Z-Image-Turbo";

    /** Describes the model. */
    public ZImagePlugin() {
        super(new Member(
                "zimage_turbo",
                "Z-Image Turbo: text to image in eight steps",
                REPOSITORY,
                REPOSITORY,
                8,
                1.0,
                OptionalDouble.empty()));
    }
}
