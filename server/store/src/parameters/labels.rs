//! Labels: each stands on one version of its parameter.

use std::collections::BTreeMap;

use sqlx::AssertSqlSafe;

use crate::rows::{MAX_BINDS, int, placeholders, text};
use crate::{StoreError, Tx};

/// The labels of a parameter, in order, with the version that each stands on.
///
/// # Errors
/// When the store fails.
pub async fn labels(tx: &mut Tx, region: &str, path: &str) -> Result<BTreeMap<String, i64>, StoreError> {
    let rows = sqlx::query("SELECT label, version FROM parameter_labels WHERE region = $1 AND path = $2")
        .bind(region)
        .bind(path)
        .fetch_all(tx.connection())
        .await?;
    rows.iter().map(|row| Ok((text(row, "label")?, int(row, "version")?))).collect()
}

/// The labels of several parameters, by path and version, in order.
///
/// # Errors
/// When the store fails.
pub async fn labels_of(
    tx: &mut Tx,
    region: &str,
    paths: &[&str],
) -> Result<BTreeMap<(String, i64), Vec<String>>, StoreError> {
    let mut found: BTreeMap<(String, i64), Vec<String>> = BTreeMap::new();
    for group in paths.chunks(MAX_BINDS - 1) {
        let sql = format!(
            "SELECT path, label, version FROM parameter_labels WHERE region = $1 AND path IN ({}) ORDER BY label",
            placeholders(2, group.len()),
        );
        let mut query = sqlx::query(AssertSqlSafe(sql)).bind(region);
        for path in group {
            query = query.bind(*path);
        }
        for row in query.fetch_all(tx.connection()).await? {
            found.entry((text(&row, "path")?, int(&row, "version")?)).or_default().push(text(&row, "label")?);
        }
    }
    Ok(found)
}

/// Puts labels on a version; those that stand on another one move.
///
/// # Errors
/// When the store fails.
pub async fn set_labels(
    tx: &mut Tx,
    region: &str,
    path: &str,
    version: i64,
    labels: &[String],
) -> Result<(), StoreError> {
    for label in labels {
        sqlx::query(
            "INSERT INTO parameter_labels (region, path, label, version) VALUES ($1, $2, $3, $4)
             ON CONFLICT (region, path, label) DO UPDATE SET version = excluded.version",
        )
        .bind(region)
        .bind(path)
        .bind(label.as_str())
        .bind(version)
        .execute(tx.connection())
        .await?;
    }
    Ok(())
}

/// Removes labels of a parameter, whatever version they stand on.
///
/// # Errors
/// When the store fails.
pub async fn remove_labels(
    tx: &mut Tx,
    region: &str,
    path: &str,
    labels: &[String],
) -> Result<(), StoreError> {
    for label in labels {
        sqlx::query("DELETE FROM parameter_labels WHERE region = $1 AND path = $2 AND label = $3")
            .bind(region)
            .bind(path)
            .bind(label.as_str())
            .execute(tx.connection())
            .await?;
    }
    Ok(())
}

/// The version that one of `wanted` stands on, for those of these paths that have one; the newest of several.
///
/// # Errors
/// When the store fails.
pub async fn versions_of_label(
    tx: &mut Tx,
    region: &str,
    wanted: &[String],
    paths: &[&str],
) -> Result<BTreeMap<String, i64>, StoreError> {
    let mut found: BTreeMap<String, i64> = BTreeMap::new();
    for group in paths.chunks(MAX_BINDS / 2) {
        let sql = format!(
            "SELECT path, MAX(version) AS version FROM parameter_labels WHERE region = $1 AND label IN ({})
             AND path IN ({}) GROUP BY path",
            placeholders(2, wanted.len()),
            placeholders(2 + wanted.len(), group.len()),
        );
        let mut query = sqlx::query(AssertSqlSafe(sql)).bind(region);
        for value in wanted.iter().map(String::as_str).chain(group.iter().copied()) {
            query = query.bind(value);
        }
        for row in query.fetch_all(tx.connection()).await? {
            found.insert(text(&row, "path")?, int(&row, "version")?);
        }
    }
    Ok(found)
}
