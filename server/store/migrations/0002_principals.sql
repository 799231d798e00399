-- Users, access keys, groups, roles, policies
CREATE TABLE users (
    user_name TEXT PRIMARY KEY,
    folded TEXT NOT NULL UNIQUE,
    user_id TEXT NOT NULL,
    comment TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    created_by TEXT NOT NULL
);

CREATE TABLE user_groups (
    group_name TEXT PRIMARY KEY,
    folded TEXT NOT NULL UNIQUE,
    comment TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE members (
    group_name TEXT NOT NULL,
    user_name TEXT NOT NULL,
    PRIMARY KEY (group_name, user_name)
);
CREATE INDEX members_by_user ON members (user_name, group_name);

CREATE TABLE roles (
    role_name TEXT PRIMARY KEY,
    folded TEXT NOT NULL UNIQUE,
    role_id TEXT NOT NULL,
    comment TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    max_session_seconds BIGINT NOT NULL
);

CREATE TABLE access_keys (
    access_key_id TEXT PRIMARY KEY,
    user_name TEXT,
    role_name TEXT,
    session_name TEXT,
    person TEXT,
    token_hash TEXT,
    sealed BYTES NOT NULL,
    key_id TEXT NOT NULL,
    status TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    last_used_at BIGINT,
    last_used_from TEXT,
    last_used_for TEXT
);
CREATE INDEX access_keys_of_user ON access_keys (user_name);
CREATE INDEX access_keys_by_end ON access_keys (expires_at);
CREATE INDEX access_keys_by_seal ON access_keys (key_id);

CREATE TABLE ssh_keys (
    fingerprint TEXT PRIMARY KEY,
    user_name TEXT NOT NULL,
    public_key TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX ssh_keys_of_user ON ssh_keys (user_name);

CREATE TABLE policies (
    policy_name TEXT PRIMARY KEY,
    folded TEXT NOT NULL UNIQUE,
    text TEXT NOT NULL,
    comment TEXT NOT NULL,
    updated_at BIGINT NOT NULL,
    updated_by TEXT NOT NULL
);

CREATE TABLE attachments (
    policy_name TEXT NOT NULL,
    principal TEXT NOT NULL,
    PRIMARY KEY (policy_name, principal)
);
CREATE INDEX attachments_by_principal ON attachments (principal);

-- How often each part of it changed: what other servers on the same database watch
CREATE TABLE access_versions (part TEXT PRIMARY KEY, value BIGINT NOT NULL);
