-- Blobs, which are files by the SHA-256 of their bytes, and the versions of documents that use them. A blob that nothing uses says
-- since when
CREATE TABLE blobs (
    sha256 TEXT PRIMARY KEY,
    size BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    created_by TEXT NOT NULL,
    unused_since BIGINT
);
CREATE INDEX blobs_by_unused ON blobs (unused_since);

CREATE TABLE blob_uses (
    sha256 TEXT NOT NULL,
    region TEXT NOT NULL,
    document TEXT NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (sha256, region, document, version)
);
CREATE INDEX blob_uses_by_document ON blob_uses (region, document, version);
