//! Several parameters by their paths, and since when there is one.

use pilothouse_protocol::Millis;
use sqlx::AssertSqlSafe;

use super::{FROM, ParameterRecord, VERSION, with_tags};
use crate::rows::{MAX_BINDS, millis, placeholders};
use crate::{StoreError, Tx};

/// Those of these paths that there are, in order of path.
///
/// # Errors
/// When the store fails.
pub async fn get_many(tx: &mut Tx, region: &str, paths: &[&str]) -> Result<Vec<ParameterRecord>, StoreError> {
    let mut found = Vec::with_capacity(paths.len());
    for group in paths.chunks(MAX_BINDS - 1) {
        let sql = format!(
            "SELECT {VERSION} FROM {FROM} WHERE p.region = $1 AND p.path IN ({}) AND v.version = p.version",
            placeholders(2, group.len())
        );
        let mut query = sqlx::query(AssertSqlSafe(sql)).bind(region);
        for path in group {
            query = query.bind(*path);
        }
        let rows = query.fetch_all(tx.connection()).await?;
        found.extend(with_tags(tx, region, &rows).await?);
    }
    found.sort_by(|a, b| a.newest.path.cmp(&b.newest.path));
    Ok(found)
}

/// Since when there is the parameter of this path.
///
/// # Errors
/// When the store fails.
pub async fn created_at(tx: &mut Tx, region: &str, path: &str) -> Result<Option<Millis>, StoreError> {
    let query = sqlx::query("SELECT created_at FROM parameters WHERE region = $1 AND path = $2");
    let row = query.bind(region).bind(path).fetch_optional(tx.connection()).await?;
    row.map(|row| millis(&row, "created_at")).transpose()
}
