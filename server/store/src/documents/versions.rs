//! Versions of a document, by number, name and hash, and their contents.

use sqlx::AssertSqlSafe;

use super::{VERSION, VersionRecord, version};
use crate::rows::{int, limit, text};
use crate::{StoreError, Tx};

/// How many versions a document has.
///
/// # Errors
/// When the store fails.
pub async fn version_count(tx: &mut Tx, region: &str, name: &str) -> Result<i64, StoreError> {
    let sql = "SELECT COUNT(*) AS count FROM document_versions WHERE region = $1 AND name = $2";
    int(&sqlx::query(sql).bind(region).bind(name).fetch_one(tx.connection()).await?, "count")
}

/// A version of a document.
///
/// # Errors
/// When the store fails.
pub async fn get_version(
    tx: &mut Tx,
    region: &str,
    name: &str,
    number: i64,
) -> Result<Option<VersionRecord>, StoreError> {
    let sql = format!(
        "SELECT {VERSION} FROM document_versions v WHERE v.region = $1 AND v.name = $2 AND v.version = $3"
    );
    let query = sqlx::query(AssertSqlSafe(sql)).bind(region).bind(name).bind(number);
    query.fetch_optional(tx.connection()).await?.as_ref().map(version).transpose()
}

/// Versions of a document before this number, newest first.
///
/// # Errors
/// When the store fails.
pub async fn versions(
    tx: &mut Tx,
    region: &str,
    name: &str,
    before: i64,
    count: usize,
) -> Result<Vec<VersionRecord>, StoreError> {
    let sql = format!(
        "SELECT {VERSION} FROM document_versions v WHERE v.region = $1 AND v.name = $2 AND v.version < $3
         ORDER BY v.version DESC LIMIT $4"
    );
    let query = sqlx::query(AssertSqlSafe(sql)).bind(region).bind(name).bind(before).bind(limit(count));
    query.fetch_all(tx.connection()).await?.iter().map(version).collect()
}

/// The content of a version.
///
/// # Errors
/// When the store fails.
pub async fn content(
    tx: &mut Tx,
    region: &str,
    name: &str,
    number: i64,
) -> Result<Option<String>, StoreError> {
    let sql = "SELECT content FROM document_versions WHERE region = $1 AND name = $2 AND version = $3";
    let row = sqlx::query(sql).bind(region).bind(name).bind(number).fetch_optional(tx.connection()).await?;
    row.map(|row| text(&row, "content")).transpose()
}

/// The version of a document that is called so.
///
/// # Errors
/// When the store fails.
pub async fn version_named(
    tx: &mut Tx,
    region: &str,
    name: &str,
    version_name: &str,
) -> Result<Option<i64>, StoreError> {
    number_of(tx, "version_name", (region, name), version_name).await
}

/// The newest version of a document that has this content.
///
/// # Errors
/// When the store fails.
pub async fn version_of_hash(
    tx: &mut Tx,
    region: &str,
    name: &str,
    hash: &str,
) -> Result<Option<i64>, StoreError> {
    number_of(tx, "hash", (region, name), hash).await
}

async fn number_of(
    tx: &mut Tx,
    column: &str,
    (region, name): (&str, &str),
    value: &str,
) -> Result<Option<i64>, StoreError> {
    let sql = format!(
        "SELECT version FROM document_versions WHERE region = $1 AND name = $2 AND {column} = $3
         ORDER BY version DESC LIMIT 1"
    );
    let query = sqlx::query(AssertSqlSafe(sql)).bind(region).bind(name).bind(value);
    query.fetch_optional(tx.connection()).await?.map(|row| int(&row, "version")).transpose()
}
