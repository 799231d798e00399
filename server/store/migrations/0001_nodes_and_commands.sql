CREATE TABLE revisions (region TEXT PRIMARY KEY, value BIGINT NOT NULL);

CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);

CREATE TABLE activations (
    activation_id TEXT PRIMARY KEY,
    region TEXT NOT NULL,
    code_hash BYTES NOT NULL,
    description TEXT,
    default_instance_name TEXT,
    iam_role TEXT NOT NULL,
    registration_limit BIGINT NOT NULL,
    registrations BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    tags TEXT NOT NULL,
    created_by TEXT NOT NULL
);
CREATE INDEX activations_by_age ON activations (region, created_at, activation_id);

CREATE TABLE nodes (
    instance_id TEXT PRIMARY KEY,
    region TEXT NOT NULL,
    name TEXT,
    public_key BYTES NOT NULL,
    fingerprint TEXT NOT NULL,
    facts TEXT NOT NULL,
    activation_id TEXT NOT NULL,
    iam_role TEXT NOT NULL,
    registered_at BIGINT NOT NULL,
    last_ping BIGINT NOT NULL,
    ping TEXT NOT NULL,
    connected BIGINT NOT NULL,
    conflict TEXT,
    gone BIGINT NOT NULL,
    revision BIGINT NOT NULL
);
CREATE INDEX nodes_by_revision ON nodes (region, revision, instance_id);
CREATE INDEX nodes_by_silence ON nodes (ping, connected, last_ping);

CREATE TABLE tags (
    region TEXT NOT NULL,
    resource_type TEXT NOT NULL,
    resource_id TEXT NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (region, resource_type, resource_id, name)
);

CREATE TABLE commands (
    command_id TEXT PRIMARY KEY,
    region TEXT NOT NULL,
    document_name TEXT NOT NULL,
    document_version TEXT NOT NULL,
    document TEXT NOT NULL,
    comment TEXT NOT NULL,
    parameters TEXT NOT NULL,
    targets TEXT NOT NULL,
    instance_ids TEXT NOT NULL,
    requested_by TEXT NOT NULL,
    requested_at BIGINT NOT NULL,
    start_by BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    timeout_seconds BIGINT NOT NULL,
    max_concurrency TEXT NOT NULL,
    max_errors TEXT NOT NULL,
    echo TEXT NOT NULL,
    state TEXT NOT NULL,
    is_over BIGINT NOT NULL,
    target_count BIGINT NOT NULL,
    cancel_requested BIGINT NOT NULL,
    counts TEXT NOT NULL,
    revision BIGINT NOT NULL
);
CREATE INDEX commands_by_age ON commands (region, requested_at, command_id);
CREATE INDEX commands_by_revision ON commands (region, revision, command_id);
CREATE INDEX commands_open ON commands (is_over, requested_at);

CREATE TABLE invocations (
    command_id TEXT NOT NULL,
    instance_id TEXT NOT NULL,
    region TEXT NOT NULL,
    position BIGINT NOT NULL,
    node_name TEXT NOT NULL,
    state TEXT NOT NULL,
    is_over BIGINT NOT NULL,
    sent_at BIGINT,
    started_at BIGINT,
    finished_at BIGINT,
    exit_code BIGINT,
    output_end BIGINT NOT NULL,
    message TEXT NOT NULL,
    cancel BIGINT NOT NULL,
    steps TEXT NOT NULL,
    requested_at BIGINT NOT NULL,
    document_name TEXT NOT NULL,
    revision BIGINT NOT NULL,
    PRIMARY KEY (command_id, instance_id)
);
CREATE INDEX invocations_in_order ON invocations (command_id, position);
CREATE INDEX invocations_by_state ON invocations (command_id, state);
CREATE INDEX invocations_by_revision ON invocations (command_id, revision, instance_id);
CREATE INDEX invocations_of_node ON invocations (instance_id, is_over, requested_at);
CREATE INDEX invocations_by_age ON invocations (region, requested_at, command_id, position);
CREATE INDEX invocations_open ON invocations (is_over, cancel);

CREATE TABLE audit (
    at BIGINT NOT NULL,
    region TEXT NOT NULL,
    caller TEXT NOT NULL,
    operation TEXT NOT NULL,
    permission TEXT NOT NULL,
    read_only BIGINT NOT NULL,
    outcome TEXT NOT NULL,
    request_id TEXT NOT NULL,
    source TEXT NOT NULL
);
CREATE INDEX audit_by_age ON audit (region, at);
