-- How commands are throttled while they run, targets that are kept under a name, and runs that are
ALTER TABLE commands ADD COLUMN paused BIGINT NOT NULL DEFAULT 0;
ALTER TABLE commands ADD COLUMN aborted BIGINT NOT NULL DEFAULT 0;
ALTER TABLE commands ADD COLUMN finished_at BIGINT;

CREATE TABLE resource_groups (
    region TEXT NOT NULL,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    targets TEXT NOT NULL,
    created_by TEXT NOT NULL,
    modified_at BIGINT NOT NULL,
    PRIMARY KEY (region, name)
);

CREATE TABLE run_templates (
    region TEXT NOT NULL,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    request TEXT NOT NULL,
    created_by TEXT NOT NULL,
    modified_at BIGINT NOT NULL,
    last_used BIGINT,
    PRIMARY KEY (region, name)
);
