//! Which blobs are here, and what is attached to which version of which document.

use pilothouse_protocol::Millis;
use sqlx::AssertSqlSafe;
use sqlx::any::AnyRow;

use super::Sha256;
use crate::rows::{MAX_BINDS, int, limit, millis, parsed, placeholders, text};
use crate::{StoreError, Tx};

/// A blob that is here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlobRecord {
    /// Its name.
    pub sha256: Sha256,
    /// Its size in bytes.
    pub size: u64,
    /// When it came, first.
    pub created_at: Millis,
    /// Who brought it, first.
    pub created_by: String,
}

/// A file of a version of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// What the document calls it.
    pub name: String,
    /// Its bytes.
    pub sha256: Sha256,
    /// How many.
    pub size: u64,
}

fn size(row: &AnyRow) -> Result<u64, StoreError> {
    Ok(u64::try_from(int(row, "size")?).unwrap_or(0))
}

fn bytes(size: u64) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX)
}

/// Writes down that a blob is here. Until something uses it, it is unused, from then on; so is one that is brought again.
///
/// # Errors
/// When the store fails.
pub async fn keep(tx: &mut Tx, blob: &BlobRecord) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO blobs (sha256, size, created_at, created_by, unused_since) VALUES ($1, $2, $3, $4, $3)
         ON CONFLICT (sha256) DO UPDATE SET unused_since = excluded.created_at
         WHERE blobs.unused_since IS NOT NULL",
    )
    .bind(blob.sha256.as_str())
    .bind(bytes(blob.size))
    .bind(blob.created_at.0)
    .bind(blob.created_by.as_str())
    .execute(tx.connection())
    .await?;
    Ok(())
}

fn record(row: &AnyRow) -> Result<BlobRecord, StoreError> {
    Ok(BlobRecord {
        sha256: parsed(row, "sha256")?,
        size: size(row)?,
        created_at: millis(row, "created_at")?,
        created_by: text(row, "created_by")?,
    })
}

/// A blob that is here.
///
/// # Errors
/// When the store fails.
pub async fn get(tx: &mut Tx, sha256: &Sha256) -> Result<Option<BlobRecord>, StoreError> {
    let row = sqlx::query("SELECT sha256, size, created_at, created_by FROM blobs WHERE sha256 = $1")
        .bind(sha256.as_str())
        .fetch_optional(tx.connection())
        .await?;
    row.as_ref().map(record).transpose()
}

/// Every blob that is here, in order of name.
///
/// # Errors
/// When the store fails.
pub async fn all(tx: &mut Tx) -> Result<Vec<BlobRecord>, StoreError> {
    let rows = sqlx::query("SELECT sha256, size, created_at, created_by FROM blobs ORDER BY sha256")
        .fetch_all(tx.connection())
        .await?;
    rows.iter().map(record).collect()
}

/// Those of these blobs that there are rows of.
///
/// # Errors
/// When the store fails.
pub async fn known(tx: &mut Tx, blobs: &[Sha256]) -> Result<Vec<Sha256>, StoreError> {
    let mut found = Vec::new();
    for group in blobs.chunks(MAX_BINDS) {
        let sql = format!("SELECT sha256 FROM blobs WHERE sha256 IN ({})", placeholders(1, group.len()));
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for blob in group {
            query = query.bind(blob.as_str());
        }
        for row in query.fetch_all(tx.connection()).await? {
            found.push(parsed(&row, "sha256")?);
        }
    }
    Ok(found)
}

/// Attaches a blob, which is here, to a version of a document.
///
/// # Errors
/// When the store fails, or the version has a file of this name.
pub async fn attach(
    tx: &mut Tx,
    region: &str,
    document: &str,
    version: i64,
    it: &Attachment,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO document_attachments (region, document, version, name, sha256, size) VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(region)
    .bind(document)
    .bind(version)
    .bind(it.name.as_str())
    .bind(it.sha256.as_str())
    .bind(bytes(it.size))
    .execute(tx.connection())
    .await?;
    sqlx::query("UPDATE blobs SET unused_since = NULL WHERE sha256 = $1")
        .bind(it.sha256.as_str())
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// What is attached to a version of a document, in order of name.
///
/// # Errors
/// When the store fails.
pub async fn attached(
    tx: &mut Tx,
    region: &str,
    document: &str,
    version: i64,
) -> Result<Vec<Attachment>, StoreError> {
    let rows = sqlx::query(
        "SELECT name, sha256, size FROM document_attachments WHERE region = $1 AND document = $2 AND version = $3 ORDER BY name",
    )
    .bind(region)
    .bind(document)
    .bind(version)
    .fetch_all(tx.connection())
    .await?;
    let attachment = |row: &AnyRow| {
        Ok(Attachment { name: text(row, "name")?, sha256: parsed(row, "sha256")?, size: size(row)? })
    };
    rows.iter().map(attachment).collect()
}

/// A document goes, or one version of it: nothing is attached to it any more.
///
/// # Errors
/// When the store fails.
pub async fn detach(
    tx: &mut Tx,
    region: &str,
    document: &str,
    version: Option<i64>,
) -> Result<(), StoreError> {
    sqlx::query(
        "DELETE FROM document_attachments WHERE region = $1 AND document = $2 AND ($3 = 0 OR version = $3)",
    )
    .bind(region)
    .bind(document)
    .bind(version.unwrap_or(0))
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Versions of documents in a region that a blob is attached to: each a name and a number.
///
/// # Errors
/// When the store fails.
pub async fn used_by(tx: &mut Tx, region: &str, sha256: &Sha256) -> Result<Vec<(String, i64)>, StoreError> {
    let rows = sqlx::query(
        "SELECT DISTINCT document, version FROM document_attachments WHERE sha256 = $1 AND region = $2 ORDER BY document, version",
    )
    .bind(sha256.as_str())
    .bind(region)
    .fetch_all(tx.connection())
    .await?;
    rows.iter().map(|row| Ok((text(row, "document")?, int(row, "version")?))).collect()
}

/// Marks what nothing uses any more as unused from `now` on.
///
/// # Errors
/// When the store fails.
pub async fn mark_unused(tx: &mut Tx, now: Millis) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE blobs SET unused_since = $1 WHERE unused_since IS NULL
         AND NOT EXISTS (SELECT 1 FROM document_attachments WHERE document_attachments.sha256 = blobs.sha256)",
    )
    .bind(now.0)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Strikes off blobs that nobody used since before an instant, at most `most`; gives them.
///
/// # Errors
/// When the store fails.
pub async fn take_unused(tx: &mut Tx, before: Millis, most: usize) -> Result<Vec<Sha256>, StoreError> {
    let rows = sqlx::query(
        "DELETE FROM blobs WHERE sha256 IN
         (SELECT sha256 FROM blobs WHERE unused_since < $1 ORDER BY unused_since, sha256 LIMIT $2)
         AND unused_since < $1 RETURNING sha256",
    )
    .bind(before.0)
    .bind(limit(most))
    .fetch_all(tx.connection())
    .await?;
    rows.iter().map(|row| parsed(row, "sha256")).collect()
}
