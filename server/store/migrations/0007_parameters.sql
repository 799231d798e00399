-- Parameters, their versions and labels. A path is the name with a slash before it. What is sealed has a table of its own, so that
-- rotation looks at nothing else. BYTEWISE: in the order of bytes on both backends, so that what is below a path stands together
CREATE TABLE parameters (
    region TEXT NOT NULL,
    path TEXT BYTEWISE NOT NULL,
    parent TEXT BYTEWISE NOT NULL,
    name TEXT NOT NULL,
    version BIGINT NOT NULL,
    tier TEXT NOT NULL,
    revision BIGINT NOT NULL,
    PRIMARY KEY (region, path)
);
CREATE INDEX parameters_by_parent ON parameters (region, parent, path);
CREATE INDEX parameters_by_revision ON parameters (region, revision);

CREATE TABLE parameter_versions (
    region TEXT NOT NULL,
    path TEXT BYTEWISE NOT NULL,
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
    PRIMARY KEY (region, path, version)
);

CREATE TABLE parameter_labels (
    region TEXT NOT NULL,
    path TEXT BYTEWISE NOT NULL,
    label TEXT NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (region, path, label)
);

CREATE TABLE parameter_secrets (
    item TEXT BYTEWISE PRIMARY KEY,
    sealed BYTES NOT NULL,
    key_id TEXT NOT NULL
);

CREATE TABLE parameter_counts (
    region TEXT NOT NULL,
    tier TEXT NOT NULL,
    count BIGINT NOT NULL,
    PRIMARY KEY (region, tier)
);
