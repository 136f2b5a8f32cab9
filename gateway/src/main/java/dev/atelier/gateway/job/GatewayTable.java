package dev.atelier.gateway.job;

import dev.atelier.plugin.ErrorCode;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** Who is there. A gateway that has not said so for a lease's time is gone. */
final class GatewayTable {
    /** After how many leases nothing reminds of a gateway. */
    private static final int FORGOTTEN_AFTER = 100;

    private final Database database;
    private final Duration lease;

    GatewayTable(Database database, Duration lease) {
        this.database = database;
        this.lease = lease;
    }

    /** Says that a gateway is there, and returns all that are. */
    List<GatewayInfo> register(GatewayInfo gateway) {
        return database.change(transaction -> {
            transaction
                    .update("INSERT INTO gateways (id, role, served, declared, devices, started_at, seen_at)"
                            + " VALUES (:id, :role, :served, :declared, :devices, <now>, <now>)"
                            + " ON CONFLICT (id) DO UPDATE SET role = excluded.role, served = excluded.served,"
                            + " declared = excluded.declared, devices = excluded.devices, seen_at = excluded.seen_at")
                    .bind("id", gateway.id())
                    .bind("role", gateway.role())
                    .bind("served", JobJson.write(gateway.served()))
                    .bind("declared", JobJson.write(gateway.declared()))
                    .bind("devices", JobJson.write(gateway.devices()))
                    .execute();
            transaction
                    .update("DELETE FROM gateways WHERE seen_at < <now> - :old")
                    .bind("old", FORGOTTEN_AFTER * micros())
                    .execute();
            return live(transaction);
        });
    }

    /** Says that a gateway leaves in good order. */
    void leave(String id) {
        database.change(transaction -> transaction
                .update("DELETE FROM gateways WHERE id = :id")
                .bind("id", id)
                .execute());
    }

    /** Forgets everybody; right only while no other process can be there. */
    void clear() {
        database.change(
                transaction -> transaction.update("DELETE FROM gateways").execute());
    }

    /** Ends the waiting jobs of a model that was taken away on purpose, unless another gateway declares it. */
    int abandon(String gateway, String model) {
        return database.change(transaction -> {
            boolean elsewhere = live(transaction).stream()
                    .anyMatch(other ->
                            !other.id().equals(gateway) && other.declared().contains(model));
            if (elsewhere) {
                return 0;
            }
            List<String> waiting = transaction
                    .query("SELECT id FROM jobs WHERE state = 'QUEUED' AND model = :model <locking>")
                    .bind("model", model)
                    .mapTo(String.class)
                    .list();
            JobError error = new JobError(
                    ErrorCode.MODEL_NOT_AVAILABLE,
                    "Model '" + model + "' was removed or disabled, and no other gateway has it",
                    Map.of("model", model));
            waiting.forEach(id -> EventTable.end(transaction, id, JobState.FAILED, error, null));
            return waiting.size();
        });
    }

    /** Returns how many devices the gateways have that are there. */
    int devices(Transaction transaction) {
        return live(transaction).stream()
                .mapToInt(gateway -> gateway.devices().size())
                .sum();
    }

    private List<GatewayInfo> live(Transaction transaction) {
        return transaction
                .query("SELECT id, role, served, declared, devices FROM gateways WHERE seen_at > <now> - :lease"
                        + " ORDER BY started_at, id")
                .bind("lease", micros())
                .map((row, context) -> new GatewayInfo(
                        row.getString("id"),
                        row.getString("role"),
                        JobJson.readStrings(row.getString("served")),
                        JobJson.readStrings(row.getString("declared")),
                        JobJson.readStrings(row.getString("devices"))))
                .list();
    }

    private long micros() {
        return lease.toNanos() / 1000;
    }
}
