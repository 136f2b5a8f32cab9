package dev.atelier.gateway.job;

import java.util.List;

/**
 * A gateway that uses the store.
 *
 * @param id made anew at each start
 * @param role what it does: {@code all}, {@code gateway} or {@code worker}
 * @param served the models that its devices can draw; empty without devices
 * @param declared the models that its plugins declare
 * @param devices what it draws on; empty while it can do no job
 */
public record GatewayInfo(String id, String role, List<String> served, List<String> declared, List<String> devices) {
    /** Copies the lists. */
    public GatewayInfo {
        served = List.copyOf(served);
        declared = List.copyOf(declared);
        devices = List.copyOf(devices);
    }

    /** Returns whether it can do a model's jobs now. */
    boolean canDo(String model) {
        return !devices.isEmpty() && served.contains(model);
    }

    /** Returns whether it draws nothing itself. */
    public boolean isGatewayOnly() {
        return role.equals("gateway");
    }
}
