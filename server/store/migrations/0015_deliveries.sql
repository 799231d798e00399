-- What is to be carried out of the house: notifications to webhooks, output to buckets. A row that is taken is due again when its
-- lease ends, unless whoever took it says before how it went
CREATE TABLE deliveries (
    delivery_id TEXT PRIMARY KEY,
    region TEXT NOT NULL,
    kind TEXT NOT NULL,
    destination TEXT NOT NULL,
    command_id TEXT NOT NULL,
    instance_id TEXT NOT NULL,
    payload TEXT NOT NULL,
    state TEXT NOT NULL,
    due_at BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    problem TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    ended_at BIGINT
);
CREATE INDEX deliveries_due ON deliveries (state, kind, due_at);
CREATE INDEX deliveries_of_command ON deliveries (command_id, instance_id);
CREATE INDEX deliveries_ended ON deliveries (state, ended_at);
