package dev.atelier.gateway.chaos;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/** What a database says of jobs, read past the gateways. */
final class Evidence {
    private Evidence() {}

    /** Returns how many pictures are being drawn: of running jobs whose attempt has told of a picture's stage. */
    static long drawing(String jdbcUrl) throws SQLException {
        return count(
                jdbcUrl,
                "SELECT count(*) FROM jobs WHERE state = 'RUNNING' AND progress IS NOT NULL"
                        + " AND (SELECT count(*) FROM job_images WHERE job_id = jobs.id AND output IS NOT NULL)"
                        + " < jobs.images");
    }

    static long jobs(String jdbcUrl) throws SQLException {
        return count(jdbcUrl, "SELECT count(*) FROM jobs");
    }

    /** Returns how many jobs have not ended, or not once. */
    static long notEndedOnce(String jdbcUrl) throws SQLException {
        return count(
                jdbcUrl,
                "SELECT count(*) FROM jobs WHERE state <> 'SUCCEEDED' OR 1 <>"
                        + " (SELECT count(*) FROM job_events WHERE job_id = jobs.id AND type = 'FINISHED')");
    }

    /** Returns how many attempts there were beyond the first of each job. */
    static long repeats(String jdbcUrl) throws SQLException {
        return count(jdbcUrl, "SELECT coalesce(sum(attempt - 1), 0) FROM jobs");
    }

    private static long count(String jdbcUrl, String query) throws SQLException {
        try (Connection connection = DriverManager.getConnection(jdbcUrl);
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(query)) {
            row.next();
            return row.getLong(1);
        }
    }
}
