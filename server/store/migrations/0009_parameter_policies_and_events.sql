-- What happened to parameters, the newest of it, with the tags that they had then: it is told to who could see them
CREATE TABLE parameter_events (
    region TEXT NOT NULL,
    revision BIGINT NOT NULL,
    place BIGINT NOT NULL,
    at BIGINT NOT NULL,
    path TEXT BYTEWISE NOT NULL,
    name TEXT NOT NULL,
    operation TEXT NOT NULL,
    version BIGINT,
    kind TEXT NOT NULL,
    made_by TEXT NOT NULL,
    detail TEXT NOT NULL,
    tags TEXT NOT NULL,
    PRIMARY KEY (region, revision, place)
);
CREATE INDEX parameter_events_by_time ON parameter_events (at);

-- Up to where events were dropped
CREATE TABLE parameter_event_marks (
    region TEXT NOT NULL PRIMARY KEY,
    dropped BIGINT NOT NULL
);

-- Policies of versions. Those of the newest version are carried out when they are due
CREATE TABLE parameter_policies (
    region TEXT NOT NULL,
    path TEXT BYTEWISE NOT NULL,
    version BIGINT NOT NULL,
    place BIGINT NOT NULL,
    kind TEXT NOT NULL,
    policy TEXT NOT NULL,
    status TEXT NOT NULL,
    due_at BIGINT,
    PRIMARY KEY (region, path, version, place)
);
CREATE INDEX parameter_policies_by_due ON parameter_policies (due_at);

-- Settings of a region that are not as they come
CREATE TABLE service_settings (
    region TEXT NOT NULL,
    id TEXT NOT NULL,
    value TEXT NOT NULL,
    modified_at BIGINT NOT NULL,
    modified_by TEXT NOT NULL,
    PRIMARY KEY (region, id)
);
