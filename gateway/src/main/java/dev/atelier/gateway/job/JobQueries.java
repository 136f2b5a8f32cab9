package dev.atelier.gateway.job;

import dev.atelier.plugin.ErrorCode;
import dev.atelier.plugin.PipelineException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.Query;

/** What is asked of jobs without changing them. */
final class JobQueries {
    private static final String IN_TURN = "priority DESC, turn, seq";

    private JobQueries() {}

    // The job's row comes first: what its state promises about the images is then true of what is read after it.
    static Optional<Job> find(Handle handle, String id) {
        return handle.createQuery("SELECT * FROM jobs WHERE id = :id")
                .bind("id", id)
                .map(JobRows::job)
                .findOne()
                .map(job -> complete(handle, List.of(job)).get(0));
    }

    /** Looks a new job up, which has no images yet, without its place in the queue. */
    static Job submitted(Handle handle, String id) {
        return handle.createQuery("SELECT * FROM jobs WHERE id = :id")
                .bind("id", id)
                .map(JobRows::job)
                .one();
    }

    static List<JobRows.ImageRow> images(Handle handle, List<String> ids) {
        return handle.createQuery("SELECT job_id, image_index, effective, output FROM job_images"
                        + " WHERE job_id IN (<ids>) ORDER BY image_index")
                .bindList("ids", ids)
                .map(JobRows::image)
                .list();
    }

    private static List<Job> complete(Handle handle, List<Job> jobs) {
        if (jobs.isEmpty()) {
            return jobs;
        }
        Map<String, List<JobRows.ImageRow>> images = images(
                        handle, jobs.stream().map(Job::id).toList())
                .stream()
                .collect(Collectors.groupingBy(JobRows.ImageRow::job));
        Map<String, Integer> places = places(
                handle,
                jobs.stream()
                        .filter(job -> job.state() == JobState.QUEUED)
                        .map(Job::id)
                        .toList());
        return jobs.stream()
                .map(job -> JobRows.complete(job, images.getOrDefault(job.id(), List.of()), places.get(job.id())))
                .toList();
    }

    /** Returns the place of each of these jobs that waits. */
    private static Map<String, Integer> places(Handle handle, List<String> ids) {
        if (ids.isEmpty()) {
            return Map.of();
        }
        return handle.createQuery("SELECT id, place FROM (SELECT id, row_number() OVER (ORDER BY " + IN_TURN
                        + ") AS place FROM jobs WHERE state = 'QUEUED') AS ranked WHERE id IN (<ids>)")
                .bindList("ids", ids)
                .map((row, context) -> Map.entry(row.getString("id"), row.getInt("place")))
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
    }

    /**
     * Returns a part of a statement: which waiting jobs a device may take, the next one first.
     *
     * @param shared whether another gateway could do jobs of some models: it is to take those that failed here
     */
    static String claimable(boolean shared) {
        return "state = 'QUEUED' AND held_by IS NULL AND model IN (<models>)"
                + (shared ? " AND (gateway IS NULL OR gateway <> :gateway OR model NOT IN (<elsewhere>))" : "")
                + " AND (expires_at IS NULL OR started_at IS NOT NULL OR expires_at > <now>) ORDER BY " + IN_TURN;
    }

    static JobPage list(Handle handle, JobFilter filter) {
        if (filter.model() != null && filter.model().indexOf('\0') >= 0) {
            return new JobPage(List.of(), null); // no text of a database holds one, and PostgreSQL refuses to compare
        }
        StringBuilder sql = new StringBuilder("SELECT * FROM jobs WHERE seq < :before");
        List<Consumer<Query>> bindings = new ArrayList<>();
        if (!filter.states().isEmpty()) {
            sql.append(" AND state IN (<states>)");
            bindings.add(query -> query.bindList(
                    "states", filter.states().stream().map(Enum::name).toList()));
        }
        if (filter.model() != null) {
            sql.append(" AND model = :model");
            bindings.add(query -> query.bind("model", filter.model()));
        }
        if (filter.owner() != null) {
            sql.append(" AND client = :client");
            bindings.add(query -> query.bind("client", filter.owner()));
        }
        Query query = handle.createQuery(sql.append(" ORDER BY seq DESC LIMIT :limit"))
                .bind("before", filter.cursor() == null ? Long.MAX_VALUE : before(filter.cursor()))
                .bind("limit", filter.limit() + 1);
        bindings.forEach(binding -> binding.accept(query));
        return page(handle, query, filter.limit());
    }

    private static JobPage page(Handle handle, Query query, int limit) {
        List<Map.Entry<Long, Job>> rows = query.map(
                        (row, context) -> Map.entry(row.getLong("seq"), JobRows.job(row, context)))
                .list();
        List<Map.Entry<Long, Job>> shown = rows.subList(0, Math.min(limit, rows.size()));
        String next = rows.size() > limit ? cursor(shown.get(limit - 1).getKey()) : null;
        return new JobPage(
                complete(handle, shown.stream().map(Map.Entry::getValue).toList()), next);
    }

    private static String cursor(long seq) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(("s" + seq).getBytes(StandardCharsets.US_ASCII));
    }

    private static long before(String cursor) {
        try {
            String text = new String(Base64.getUrlDecoder().decode(cursor), StandardCharsets.US_ASCII);
            if (text.startsWith("s")) {
                return Long.parseLong(text.substring(1));
            }
        } catch (IllegalArgumentException e) {
            // told below
        }
        throw new PipelineException(
                ErrorCode.INVALID_PARAMETER,
                "cursor must be one that a list gave",
                Map.of("parameter", "cursor"),
                null);
    }

    static Optional<Tombstone> tombstone(Handle handle, String id) {
        return handle.createQuery("SELECT id, client, expired_at FROM tombstones"
                        + " WHERE id = :id AND expired_at > <now> - :kept")
                .bind("id", id)
                .bind("kept", StoreSettings.TOMBSTONES.toNanos() / 1000)
                .map((row, context) -> new Tombstone(
                        row.getString("id"), row.getString("client"), JobRows.instant(row.getLong("expired_at"))))
                .findOne();
    }

    static QueueSnapshot snapshot(Handle handle) {
        Map<JobState, Long> counts = new EnumMap<>(JobState.class);
        for (JobState state : JobState.values()) {
            counts.put(state, 0L);
        }
        handle.createQuery("SELECT state, count(*) AS jobs FROM jobs GROUP BY state")
                .map((row, context) -> Map.entry(JobState.valueOf(row.getString("state")), row.getLong("jobs")))
                .forEach(entry -> counts.put(entry.getKey(), entry.getValue()));
        return new QueueSnapshot(
                counts,
                handle.createQuery("SELECT created_at FROM jobs WHERE state = 'QUEUED' ORDER BY created_at LIMIT 1")
                        .mapTo(Long.class)
                        .findOne()
                        .map(JobRows::instant)
                        .orElse(null));
    }
}
