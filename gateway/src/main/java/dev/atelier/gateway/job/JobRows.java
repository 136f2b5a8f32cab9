package dev.atelier.gateway.job;

import dev.atelier.plugin.EffectiveSettings;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import org.jdbi.v3.core.statement.StatementContext;
import org.jspecify.annotations.Nullable;

/** Rows as records. */
final class JobRows {
    private JobRows() {}

    /**
     * A row of {@code job_images}.
     *
     * @param job the job's id
     * @param index the image's place
     * @param effective as settled first
     * @param output the finished picture; null before
     */
    record ImageRow(
            String job,
            int index,
            EffectiveSettings effective,
            @Nullable OutputImage output) {}

    static Job job(ResultSet row, StatementContext context) throws SQLException {
        List<String> hashes = optional(row.getString("adapter_hashes"), JobJson::readStrings);
        return new Job(
                row.getString("id"),
                JobJson.read(row.getString("request"), JobRequest.class),
                JobState.valueOf(row.getString("state")),
                row.getInt("attempt"),
                instant(row.getLong("created_at")),
                nullableInstant(row, "started_at"),
                nullableInstant(row, "finished_at"),
                hashes == null ? List.of() : hashes,
                Map.of(),
                List.of(),
                optional(row.getString("timings"), json -> JobJson.read(json, JobTimings.class)),
                optional(row.getString("error"), json -> JobJson.read(json, JobError.class)),
                row.getInt("cancel_requested") != 0,
                null,
                optional(row.getString("progress"), json -> JobJson.read(json, JobProgress.class)),
                row.getLong("last_event"));
    }

    static ImageRow image(ResultSet row, StatementContext context) throws SQLException {
        return new ImageRow(
                row.getString("job_id"),
                row.getInt("image_index"),
                JobJson.read(row.getString("effective"), EffectiveSettings.class),
                optional(row.getString("output"), json -> JobJson.read(json, OutputImage.class)));
    }

    static DiscardedJob discarded(ResultSet row, StatementContext context) throws SQLException {
        return new DiscardedJob(row.getString("id"), row.getInt("images"), row.getInt("attempts"));
    }

    /** Adds what other rows say of a job. */
    static Job complete(Job job, List<ImageRow> rows, @Nullable Integer place) {
        Map<Integer, EffectiveSettings> effective = new HashMap<>();
        rows.forEach(row -> effective.put(row.index(), row.effective()));
        return new Job(
                job.id(),
                job.request(),
                job.state(),
                job.attempt(),
                job.createdAt(),
                job.startedAt(),
                job.finishedAt(),
                job.adapterHashes(),
                effective,
                rows.stream().map(ImageRow::output).filter(Objects::nonNull).toList(),
                job.timings(),
                job.error(),
                job.cancelRequested(),
                place,
                job.progress(),
                job.lastEvent());
    }

    static Instant instant(long micros) {
        return Instant.EPOCH.plus(micros, ChronoUnit.MICROS);
    }

    private static @Nullable Instant nullableInstant(ResultSet row, String column) throws SQLException {
        long micros = row.getLong(column);
        return row.wasNull() ? null : instant(micros);
    }

    private static <T> @Nullable T optional(@Nullable String json, Function<String, T> read) {
        return json == null ? null : read.apply(json);
    }
}
