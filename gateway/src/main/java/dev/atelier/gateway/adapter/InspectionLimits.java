package dev.atelier.gateway.adapter;

import java.time.Duration;

/**
 * The bounds of adapter inspections, which cost a download and the reading of a file while a client waits.
 *
 * @param perClient the maximum number that run at a time for one client
 * @param total the maximum number that run at a time
 * @param timeout the maximum time of one
 */
public record InspectionLimits(int perClient, int total, Duration timeout) {
    /** The bounds without settings. */
    public static final InspectionLimits DEFAULT = new InspectionLimits(8, 32, Duration.ofMinutes(2));

    /** Checks the bounds. */
    public InspectionLimits {
        if (perClient < 1 || total < 1 || timeout.toMillis() < 1) {
            throw new IllegalArgumentException(
                    "bounds must be positive but were " + perClient + ", " + total + " and " + timeout);
        }
    }
}
