-- The chained audit trail. The rows of the former trail were never chained and say too little: they are not taken over
DROP TABLE audit;

CREATE TABLE audit_records (
    seq BIGINT PRIMARY KEY,
    at BIGINT NOT NULL,
    region TEXT NOT NULL,
    event_id TEXT NOT NULL,
    who TEXT NOT NULL,
    username TEXT NOT NULL,
    access_key_id TEXT NOT NULL,
    operation TEXT NOT NULL,
    permission TEXT NOT NULL,
    event_source TEXT NOT NULL,
    read_only BIGINT NOT NULL,
    outcome TEXT NOT NULL,
    note TEXT NOT NULL,
    source TEXT NOT NULL,
    resources TEXT NOT NULL,
    resource_count BIGINT NOT NULL,
    sought_who TEXT NOT NULL,
    sought_where TEXT NOT NULL,
    record TEXT NOT NULL,
    previous BYTES NOT NULL,
    hash BYTES NOT NULL
);
CREATE INDEX audit_by_age ON audit_records (at, seq);
CREATE INDEX audit_by_event ON audit_records (event_id);
CREATE INDEX audit_by_operation ON audit_records (region, operation, at, seq);
CREATE INDEX audit_by_user ON audit_records (region, username, at, seq);
CREATE INDEX audit_by_key ON audit_records (region, access_key_id, at, seq);
CREATE INDEX audit_by_source ON audit_records (region, event_source, at, seq);
CREATE INDEX audit_by_effect ON audit_records (region, read_only, at, seq);

-- What records touched, for lookups. The records themselves say it, too
CREATE TABLE audit_resources (
    seq BIGINT NOT NULL,
    resource TEXT NOT NULL,
    region TEXT NOT NULL,
    at BIGINT NOT NULL,
    type TEXT NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (seq, resource)
);
CREATE INDEX audit_by_resource ON audit_resources (region, name, at, seq);
CREATE INDEX audit_by_type ON audit_resources (region, type, at, seq);

-- The head of the chain, and the floor under which retention has cut it: each sealed under the chain's key
CREATE TABLE audit_marks (
    name TEXT PRIMARY KEY,
    seq BIGINT NOT NULL,
    hash BYTES NOT NULL,
    at BIGINT NOT NULL,
    seal BYTES NOT NULL
);
