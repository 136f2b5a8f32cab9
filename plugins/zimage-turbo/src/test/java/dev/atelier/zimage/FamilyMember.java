package dev.atelier.zimage;

import java.util.OptionalDouble;

/** Another member of the family, as its own plugin would describe it: static shift 3. */
public final class FamilyMember extends ZImageFamily {
    /** Describes a member with the forced shift that both others have. */
    public FamilyMember(String modelId) {
        super(new Member(
                modelId, "Another member", "org/repository", "org/repository", 25, 3.0, OptionalDouble.of(3.0)));
    }
}
