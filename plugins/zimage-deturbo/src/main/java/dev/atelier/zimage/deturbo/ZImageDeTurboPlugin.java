package dev.atelier.zimage.deturbo;

import dev.atelier.zimage.ZImageFamily;
import java.util.OptionalDouble;
import org.pf4j.Extension;

/** Z-Image Turbo with its distillation undone: another transformer, the rest of the checkpoint is Turbo's. */
@Extension
public final class ZImageDeTurboPlugin extends ZImageFamily {
    /** Describes the model. */
    public ZImageDeTurboPlugin() {
        super(new Member(
                "zimage_deturbo",
                "Z-Image De-Turbo: Turbo with its distillation undone, in 25 steps",
                "Tongyi-MAI/Z-Image-Turbo",
                "ostris/Z-Image-De-Turbo",
                25,
                3.0,
                OptionalDouble.of(3.0)));
    }
}
