-- Documents and their versions, whom they are shared with, how versions were reviewed, and what they refer to. Numbers of versions
-- are not given twice, so the next one is kept
CREATE TABLE documents (
    region TEXT NOT NULL,
    name TEXT BYTEWISE NOT NULL,
    kind TEXT NOT NULL,
    default_version BIGINT NOT NULL,
    latest_version BIGINT NOT NULL,
    next_version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (region, name)
);

CREATE TABLE document_versions (
    region TEXT NOT NULL,
    name TEXT BYTEWISE NOT NULL,
    version BIGINT NOT NULL,
    version_name TEXT,
    display_name TEXT,
    content TEXT NOT NULL,
    format TEXT NOT NULL,
    hash TEXT NOT NULL,
    status TEXT NOT NULL,
    status_information TEXT,
    schema_version TEXT NOT NULL,
    description TEXT NOT NULL,
    platforms TEXT NOT NULL,
    target_type TEXT,
    requires TEXT NOT NULL,
    review_status TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    created_by TEXT NOT NULL,
    PRIMARY KEY (region, name, version)
);

CREATE TABLE document_shares (
    region TEXT NOT NULL,
    name TEXT BYTEWISE NOT NULL,
    account TEXT BYTEWISE NOT NULL,
    shared_version TEXT NOT NULL,
    PRIMARY KEY (region, name, account)
);
CREATE INDEX document_shares_by_account ON document_shares (region, account);

CREATE TABLE document_reviews (
    region TEXT NOT NULL,
    name TEXT BYTEWISE NOT NULL,
    version BIGINT NOT NULL,
    step BIGINT NOT NULL,
    status TEXT NOT NULL,
    reviewer TEXT NOT NULL,
    comment TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (region, name, version, step)
);

CREATE TABLE document_references (
    region TEXT NOT NULL,
    kind TEXT NOT NULL,
    target TEXT BYTEWISE NOT NULL,
    name TEXT BYTEWISE NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (region, kind, target, name, version)
);
CREATE INDEX document_references_by_name ON document_references (region, name, version);
