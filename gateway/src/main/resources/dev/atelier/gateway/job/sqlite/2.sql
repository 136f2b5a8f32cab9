-- client is the name of the key that submitted the job; priority, turn and seq order the queue, and turn lets clients
-- take turns within a priority. A held job waits for the gateway that is named. lease_until is when an attempt counts
-- as dead unless it is renewed. last_event is the number of the latest event.
ALTER TABLE jobs ADD COLUMN client TEXT;
ALTER TABLE jobs ADD COLUMN priority INTEGER NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN turn BIGINT NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN images INTEGER NOT NULL DEFAULT 1;
ALTER TABLE jobs ADD COLUMN idempotency_key TEXT;
ALTER TABLE jobs ADD COLUMN idempotency_body TEXT;
ALTER TABLE jobs ADD COLUMN held_by TEXT;
ALTER TABLE jobs ADD COLUMN expires_at BIGINT;
ALTER TABLE jobs ADD COLUMN cancel_requested INTEGER NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN gateway TEXT;
ALTER TABLE jobs ADD COLUMN lease_until BIGINT;
ALTER TABLE jobs ADD COLUMN progress TEXT;
ALTER TABLE jobs ADD COLUMN last_event BIGINT NOT NULL DEFAULT 0;

UPDATE jobs SET images = json_array_length(request, '$.plans');

CREATE INDEX jobs_in_turn ON jobs (state, priority, turn, seq);
CREATE INDEX jobs_by_end ON jobs (finished_at);
CREATE UNIQUE INDEX jobs_by_idempotency ON jobs (coalesce(client, ''), idempotency_key)
    WHERE idempotency_key IS NOT NULL;

-- How long a picture took, and when it was there: what waiting times are reckoned from.
ALTER TABLE job_images ADD COLUMN seconds DOUBLE PRECISION;
ALTER TABLE job_images ADD COLUMN drawn_at BIGINT;
CREATE INDEX job_images_by_time ON job_images (drawn_at);

-- What a client that follows a job hears, numbered without gaps in each job.
CREATE TABLE job_events (
    job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    seq BIGINT NOT NULL,
    type TEXT NOT NULL,
    at BIGINT NOT NULL,
    data TEXT NOT NULL,
    PRIMARY KEY (job_id, seq)
);

-- Jobs that retention removed, so that a client hears that there was one.
CREATE TABLE tombstones (
    id TEXT PRIMARY KEY,
    client TEXT,
    expired_at BIGINT NOT NULL
);
CREATE INDEX tombstones_by_time ON tombstones (expired_at);

-- Jobs whose record is gone and whose files may still be there.
CREATE TABLE discarded_jobs (
    id TEXT PRIMARY KEY,
    images INTEGER NOT NULL,
    attempts INTEGER NOT NULL
);

-- Who is there. Lists are JSON: models that can be drawn here, models that are declared, devices.
CREATE TABLE gateways (
    id TEXT PRIMARY KEY,
    role TEXT NOT NULL,
    served TEXT NOT NULL,
    declared TEXT NOT NULL,
    devices TEXT NOT NULL,
    started_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL
);
