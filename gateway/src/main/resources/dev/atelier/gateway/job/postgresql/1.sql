-- Times are microseconds since 1970 in UTC. JSON columns are written by JobJson.
-- seq is the order of submission; attempt grows with every claim and fences late writers; losses counts the attempts
-- that ended because a device or process was lost, which a drain does not.
CREATE TABLE jobs (
    seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    model TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('QUEUED', 'RUNNING', 'SUCCEEDED', 'FAILED', 'CANCELED')),
    attempt INTEGER NOT NULL DEFAULT 0,
    losses INTEGER NOT NULL DEFAULT 0,
    owner TEXT,
    request TEXT NOT NULL,
    adapter_hashes TEXT,
    timings TEXT,
    error TEXT,
    created_at BIGINT NOT NULL,
    started_at BIGINT,
    renewed_at BIGINT,
    finished_at BIGINT
);

CREATE INDEX jobs_by_state ON jobs (state, seq);

-- One row per image from the moment it is settled; output follows when it is drawn.
CREATE TABLE job_images (
    job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    image_index INTEGER NOT NULL,
    effective TEXT NOT NULL,
    output TEXT,
    PRIMARY KEY (job_id, image_index)
);
