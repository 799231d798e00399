//! Tags of any resource.

use sqlx::{AssertSqlSafe, Row};

use crate::rows::{MAX_BINDS, placeholders, values};
use crate::{StoreError, Tx};

/// The resource type of parameters: they are kept in memory with their tags.
pub(crate) const PARAMETER: &str = "Parameter";

/// Sets tags; those with other keys stay.
///
/// # Errors
/// When the store fails.
pub async fn set(
    tx: &mut Tx,
    region: &str,
    kind: &str,
    id: &str,
    tags: &[(String, String)],
) -> Result<(), StoreError> {
    if kind == PARAMETER {
        tx.changes_parameter(region, id);
    }
    for group in tags.chunks(MAX_BINDS / 5) {
        let sql = format!(
            "INSERT INTO tags (region, resource_type, resource_id, name, value) VALUES {}
             ON CONFLICT (region, resource_type, resource_id, name) DO UPDATE SET value = excluded.value",
            values(group.len(), 5)
        );
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for (name, value) in group {
            query = query.bind(region).bind(kind).bind(id).bind(name.as_str()).bind(value.as_str());
        }
        query.execute(tx.connection()).await?;
    }
    Ok(())
}

/// Removes tags; unknown keys are ignored.
///
/// # Errors
/// When the store fails.
pub async fn remove(
    tx: &mut Tx,
    region: &str,
    kind: &str,
    id: &str,
    keys: &[String],
) -> Result<(), StoreError> {
    if kind == PARAMETER {
        tx.changes_parameter(region, id);
    }
    for group in keys.chunks(MAX_BINDS) {
        let sql = format!(
            "DELETE FROM tags WHERE region = $1 AND resource_type = $2 AND resource_id = $3 AND name IN ({})",
            placeholders(4, group.len())
        );
        let mut query = sqlx::query(AssertSqlSafe(sql)).bind(region).bind(kind).bind(id);
        for key in group {
            query = query.bind(key.as_str());
        }
        query.execute(tx.connection()).await?;
    }
    Ok(())
}

/// A resource's tags, in order of key.
///
/// # Errors
/// When the store fails.
pub async fn list(
    tx: &mut Tx,
    region: &str,
    kind: &str,
    id: &str,
) -> Result<Vec<(String, String)>, StoreError> {
    let rows = sqlx::query(
        "SELECT name, value FROM tags WHERE region = $1 AND resource_type = $2 AND resource_id = $3 ORDER BY name",
    )
    .bind(region)
    .bind(kind)
    .bind(id)
    .fetch_all(tx.connection())
    .await?;
    rows.iter().map(|row| Ok((row.try_get("name")?, row.try_get("value")?))).collect()
}
