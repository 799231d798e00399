-- Sealed items: other tables with sealed bytes have a column key_id, too
CREATE TABLE sealed_items (
    name TEXT PRIMARY KEY,
    sealed BYTES NOT NULL,
    key_id TEXT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX sealed_items_by_key ON sealed_items (key_id);
