-- Armed environments and requests for approval. What is requested is sealed, and deleted when the request is over.
CREATE TABLE armings (
    person TEXT NOT NULL,
    environment TEXT NOT NULL,
    reason TEXT NOT NULL,
    began_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL,
    PRIMARY KEY (person, environment)
);
CREATE INDEX armings_by_end ON armings (ends_at);

CREATE TABLE approvals (
    approval_id TEXT PRIMARY KEY,
    region TEXT NOT NULL,
    person TEXT NOT NULL,
    requested_by TEXT NOT NULL,
    requested_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    target TEXT NOT NULL,
    operation TEXT NOT NULL,
    permission TEXT NOT NULL,
    request TEXT NOT NULL,
    request_brief TEXT NOT NULL,
    targets TEXT NOT NULL,
    targets_brief TEXT NOT NULL,
    target_count BIGINT NOT NULL,
    digest TEXT NOT NULL,
    environments TEXT NOT NULL,
    why TEXT NOT NULL,
    reason TEXT NOT NULL,
    state TEXT NOT NULL,
    decided_by TEXT,
    decided_at BIGINT,
    decision_comment TEXT NOT NULL,
    over_at BIGINT,
    outcome TEXT NOT NULL,
    revision BIGINT NOT NULL
);
CREATE INDEX approvals_by_age ON approvals (requested_at, approval_id);
CREATE INDEX approvals_by_state ON approvals (state, expires_at);
CREATE INDEX approvals_by_revision ON approvals (revision, approval_id);
CREATE INDEX approvals_of_person ON approvals (person, state);
CREATE INDEX approvals_by_end ON approvals (over_at);

CREATE TABLE approval_calls (
    approval_id TEXT PRIMARY KEY,
    caller TEXT NOT NULL,
    sealed BYTES NOT NULL,
    key_id TEXT NOT NULL
);
