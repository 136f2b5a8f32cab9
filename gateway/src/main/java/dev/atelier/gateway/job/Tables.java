package dev.atelier.gateway.job;

/** Everything that changes a database, by who asks for it. */
final class Tables {
    final SubmissionTable submissions;
    final ClientTable clients;
    final AttemptTable attempts;
    final HeldTable held;
    final GatewayTable presence;
    final Sweep sweep;
    final Retention retention;

    Tables(Database database, StoreSettings settings, String gateway) {
        presence = new GatewayTable(database, settings.lease());
        submissions = new SubmissionTable(database, settings.queueCapacity(), presence);
        clients = new ClientTable(database);
        attempts = new AttemptTable(database, settings, gateway);
        held = new HeldTable(database, gateway);
        sweep = new Sweep(database, settings, gateway);
        retention = new Retention(database, settings.retention());
    }
}
