package dev.atelier.gateway.registry;

import org.pf4j.DefaultVersionManager;
import org.pf4j.VersionManager;

/**
 * Compares versions with each other and with ranges. A pre-release counts as its release: a range such as
 * {@code >=0.1.0} means to take what is being worked on, and PF4J would not.
 */
final class Versions extends DefaultVersionManager {
    private static final VersionManager ALL = new Versions();

    /** Tells whether a version lies in a range. */
    static boolean satisfies(String version, String range) {
        return ALL.checkVersionConstraint(version, range);
    }

    /** Orders versions, pre-releases before their release. */
    static int compare(String one, String other) {
        return ALL.compareVersions(one, other);
    }

    /** Returns a version without what marks a pre-release. */
    static String release(String version) {
        return version.replaceFirst("-.*", "");
    }

    @Override
    public boolean checkVersionConstraint(String version, String constraint) {
        return super.checkVersionConstraint(release(version), constraint);
    }
}
