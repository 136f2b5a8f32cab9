package dev.atelier.zimage.base;

import dev.atelier.zimage.ZImageFamily;
import java.util.OptionalDouble;
import org.pf4j.Extension;

/** Z-Image, not distilled: more steps, and guidance counts. */
@Extension
public final class ZImageBasePlugin extends ZImageFamily {
    private static final String REPOSITORY = "Tongyi-MAI/Z-Image";

    /** Describes the model. */
    public ZImageBasePlugin() {
        super(new Member(
                "zimage",
                "Z-Image: text to image with guidance, in thirty steps",
                REPOSITORY,
                REPOSITORY,
                30,
                4.0,
                OptionalDouble.of(3.0)));
    }
}
