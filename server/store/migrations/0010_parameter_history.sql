-- Who made each version, from where: kept as long as the version is, which is longer than the audit trail
ALTER TABLE parameter_versions ADD COLUMN source TEXT NOT NULL DEFAULT '';
ALTER TABLE parameter_versions ADD COLUMN user_agent TEXT NOT NULL DEFAULT '';
ALTER TABLE parameter_versions ADD COLUMN access_key_id TEXT NOT NULL DEFAULT '';

-- Since when there is this parameter: its first versions may be gone
ALTER TABLE parameters ADD COLUMN created_at BIGINT NOT NULL DEFAULT 0;
UPDATE parameters SET created_at = (SELECT MIN(v.modified_at) FROM parameter_versions v
    WHERE v.region = parameters.region AND v.path = parameters.path);

-- Parameters that were deleted, one row for each time, told apart by the revision in which it ended
CREATE TABLE parameter_lives (
    region TEXT NOT NULL,
    path TEXT BYTEWISE NOT NULL,
    life BIGINT NOT NULL,
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    deleted_at BIGINT NOT NULL,
    deleted_by TEXT NOT NULL,
    tags TEXT NOT NULL,
    PRIMARY KEY (region, path, life)
);
CREATE INDEX parameter_lives_by_end ON parameter_lives (deleted_at);

-- Their versions, and what is sealed of these, under the name that is bound into it and the life after that
CREATE TABLE parameter_past (
    region TEXT NOT NULL,
    path TEXT BYTEWISE NOT NULL,
    life BIGINT NOT NULL,
    version BIGINT NOT NULL,
    kind TEXT NOT NULL,
    value TEXT,
    key_name TEXT,
    description TEXT,
    allowed_pattern TEXT,
    tier TEXT NOT NULL,
    data_type TEXT NOT NULL,
    modified_at BIGINT NOT NULL,
    modified_by TEXT NOT NULL,
    source TEXT NOT NULL,
    user_agent TEXT NOT NULL,
    access_key_id TEXT NOT NULL,
    PRIMARY KEY (region, path, life, version)
);

CREATE TABLE parameter_past_secrets (
    item TEXT BYTEWISE PRIMARY KEY,
    sealed BYTES NOT NULL,
    key_id TEXT NOT NULL
);
