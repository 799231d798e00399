//! Whether the database is well: for who looks after it.

use pilothouse_protocol::Millis;

use crate::rows::{millis, text};
use crate::store::Backend;
use crate::{StoreError, Tx};

/// The most findings that are told.
const TOLD: usize = 5;

/// What the database finds damaged in itself; nothing when it is whole. PostgreSQL looks after its own files.
///
/// # Errors
/// When the store fails.
pub async fn damage(tx: &mut Tx) -> Result<Vec<String>, StoreError> {
    if tx.backend() == Backend::Postgres {
        return Ok(Vec::new());
    }
    let rows = sqlx::query("PRAGMA quick_check(5)").fetch_all(tx.connection()).await?;
    let found = rows.iter().take(TOLD).map(|row| text(row, "quick_check"));
    found.filter(|it| !matches!(it, Ok(it) if it == "ok")).collect()
}

/// What time it is on the database's machine; `None` when it is this one.
///
/// # Errors
/// When the store fails.
pub async fn clock(tx: &mut Tx) -> Result<Option<Millis>, StoreError> {
    if tx.backend() == Backend::Sqlite {
        return Ok(None);
    }
    let sql = "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT) AS now";
    let row = sqlx::query(sql).fetch_one(tx.connection()).await?;
    Ok(Some(millis(&row, "now")?))
}
