//! Making documents and versions, and removing them.

use super::references::{self, Reference};
use super::{DocumentRecord, VersionRecord};
use crate::rows::to_json;
use crate::{StoreError, Tx, blobs};

/// Makes a document with its first version.
///
/// # Errors
/// When the store fails, or there is one of this name.
pub async fn insert(
    tx: &mut Tx,
    it: &DocumentRecord,
    first: &VersionRecord,
    content: &str,
    refers_to: &[Reference],
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO documents (region, name, kind, default_version, latest_version, next_version, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(it.region.as_str())
    .bind(it.name.as_str())
    .bind(it.kind.as_str())
    .bind(it.default_version)
    .bind(it.latest_version)
    .bind(it.next_version)
    .bind(it.created_at.0)
    .execute(tx.connection())
    .await?;
    write(tx, first, content, refers_to).await
}

/// Makes the next version of a document: it is the newest one then.
///
/// # Errors
/// When the store fails, or there is one of this number.
pub async fn add_version(
    tx: &mut Tx,
    it: &VersionRecord,
    content: &str,
    refers_to: &[Reference],
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE documents SET latest_version = $3, next_version = $4 WHERE region = $1 AND name = $2",
    )
    .bind(it.region.as_str())
    .bind(it.name.as_str())
    .bind(it.version)
    .bind(it.version + 1)
    .execute(tx.connection())
    .await?;
    write(tx, it, content, refers_to).await
}

async fn write(
    tx: &mut Tx,
    it: &VersionRecord,
    content: &str,
    refers_to: &[Reference],
) -> Result<(), StoreError> {
    tx.revision(&it.region).await?;
    sqlx::query(
        "INSERT INTO document_versions (region, name, version, version_name, display_name, content, format, hash, status,
             status_information, schema_version, description, platforms, target_type, requires, review_status,
             created_at, created_by)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)",
    )
    .bind(it.region.as_str())
    .bind(it.name.as_str())
    .bind(it.version)
    .bind(it.version_name.as_deref())
    .bind(it.display_name.as_deref())
    .bind(content)
    .bind(it.format.as_str())
    .bind(it.hash.as_str())
    .bind(it.status.as_str())
    .bind(it.status_information.as_deref())
    .bind(it.schema_version.as_str())
    .bind(it.description.as_str())
    .bind(to_json(&it.platforms)?)
    .bind(it.target_type.as_deref())
    .bind(to_json(&it.requires)?)
    .bind(it.review_status.as_str())
    .bind(it.created_at.0)
    .bind(it.created_by.as_str())
    .execute(tx.connection())
    .await?;
    references::write(tx, it, refers_to).await
}

/// Says which version is meant where none is named.
///
/// # Errors
/// When the store fails.
pub async fn set_default(tx: &mut Tx, region: &str, name: &str, version: i64) -> Result<(), StoreError> {
    tx.revision(region).await?;
    sqlx::query("UPDATE documents SET default_version = $3 WHERE region = $1 AND name = $2")
        .bind(region)
        .bind(name)
        .bind(version)
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Removes one version, which is not the only one, with what belongs to it.
///
/// # Errors
/// When the store fails.
pub async fn remove_version(tx: &mut Tx, region: &str, name: &str, version: i64) -> Result<(), StoreError> {
    tx.revision(region).await?;
    blobs::detach(tx, region, name, Some(version)).await?;
    for statement in [
        "DELETE FROM document_references WHERE region = $1 AND name = $2 AND version = $3",
        "DELETE FROM document_reviews WHERE region = $1 AND name = $2 AND version = $3",
        "DELETE FROM document_versions WHERE region = $1 AND name = $2 AND version = $3",
    ] {
        sqlx::query(statement).bind(region).bind(name).bind(version).execute(tx.connection()).await?;
    }
    sqlx::query(
        "UPDATE documents SET latest_version =
             (SELECT MAX(version) FROM document_versions WHERE region = $1 AND name = $2)
         WHERE region = $1 AND name = $2",
    )
    .bind(region)
    .bind(name)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Removes a document with everything that belongs to it.
///
/// # Errors
/// When the store fails.
pub async fn remove(tx: &mut Tx, region: &str, name: &str) -> Result<(), StoreError> {
    tx.revision(region).await?;
    blobs::detach(tx, region, name, None).await?;
    for statement in [
        "DELETE FROM document_references WHERE region = $1 AND name = $2",
        "DELETE FROM document_reviews WHERE region = $1 AND name = $2",
        "DELETE FROM document_shares WHERE region = $1 AND name = $2",
        "DELETE FROM document_versions WHERE region = $1 AND name = $2",
        "DELETE FROM tags WHERE region = $1 AND resource_type = 'Document' AND resource_id = $2",
        "DELETE FROM documents WHERE region = $1 AND name = $2",
    ] {
        sqlx::query(statement).bind(region).bind(name).execute(tx.connection()).await?;
    }
    Ok(())
}
