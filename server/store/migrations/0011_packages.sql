-- Blobs, which are files by the SHA-256 of their bytes, and what is attached to which version of which document. A blob that nothing
-- uses says since when
CREATE TABLE blobs (
    sha256 TEXT PRIMARY KEY,
    size BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    created_by TEXT NOT NULL,
    unused_since BIGINT
);
CREATE INDEX blobs_by_unused ON blobs (unused_since);

CREATE TABLE document_attachments (
    region TEXT NOT NULL,
    document TEXT NOT NULL,
    version BIGINT NOT NULL,
    name TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    size BIGINT NOT NULL,
    PRIMARY KEY (region, document, version, name)
);
CREATE INDEX attachments_by_blob ON document_attachments (sha256, region);
