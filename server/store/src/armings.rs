//! Armed environments: who has armed what, and until when.

use std::collections::{BTreeMap, BTreeSet};

use pilothouse_protocol::Millis;
use sqlx::any::AnyRow;

use crate::rows::{millis, text};
use crate::{StoreError, Tx};

/// Somebody's arming of an environment. Whether it still holds is decided by its end alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArmingRecord {
    /// `root` or `user/NAME`.
    pub person: String,
    /// The environment.
    pub environment: String,
    /// Why.
    pub reason: String,
    /// Since when.
    pub since: Millis,
    /// It holds before this.
    pub until: Millis,
}

fn record(row: &AnyRow) -> Result<ArmingRecord, StoreError> {
    Ok(ArmingRecord {
        person: text(row, "person")?,
        environment: text(row, "environment")?,
        reason: text(row, "reason")?,
        since: millis(row, "began_at")?,
        until: millis(row, "ends_at")?,
    })
}

/// Writes an arming in the place of the one of the same person and environment.
///
/// # Errors
/// When the store fails.
pub async fn put(tx: &mut Tx, it: &ArmingRecord) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO armings (person, environment, reason, began_at, ends_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (person, environment) DO UPDATE SET
         reason = excluded.reason, began_at = excluded.began_at, ends_at = excluded.ends_at",
    )
    .bind(it.person.as_str())
    .bind(it.environment.as_str())
    .bind(it.reason.as_str())
    .bind(it.since.0)
    .bind(it.until.0)
    .execute(tx.connection())
    .await?;
    tx.revision("").await?;
    Ok(())
}

/// What somebody has armed.
///
/// # Errors
/// When the store fails.
pub async fn armed(tx: &mut Tx, person: &str, now: Millis) -> Result<BTreeSet<String>, StoreError> {
    let rows = sqlx::query("SELECT environment FROM armings WHERE person = $1 AND ends_at > $2")
        .bind(person)
        .bind(now.0)
        .fetch_all(tx.connection())
        .await?;
    rows.iter().map(|row| text(row, "environment")).collect()
}

/// What somebody has armed, and why.
///
/// # Errors
/// When the store fails.
pub async fn reasons(tx: &mut Tx, person: &str, now: Millis) -> Result<BTreeMap<String, String>, StoreError> {
    let rows = sqlx::query("SELECT environment, reason FROM armings WHERE person = $1 AND ends_at > $2")
        .bind(person)
        .bind(now.0)
        .fetch_all(tx.connection())
        .await?;
    rows.iter().map(|row| Ok((text(row, "environment")?, text(row, "reason")?))).collect()
}

/// Everything that is armed, the next to end first.
///
/// # Errors
/// When the store fails.
pub async fn list(tx: &mut Tx, now: Millis) -> Result<Vec<ArmingRecord>, StoreError> {
    let rows = sqlx::query("SELECT * FROM armings WHERE ends_at > $1 ORDER BY ends_at, person, environment")
        .bind(now.0)
        .fetch_all(tx.connection())
        .await?;
    rows.iter().map(record).collect()
}

/// Ends somebody's arming of an environment; `false` if there is none.
///
/// # Errors
/// When the store fails.
pub async fn end(tx: &mut Tx, person: &str, environment: &str) -> Result<bool, StoreError> {
    let done = sqlx::query("DELETE FROM armings WHERE person = $1 AND environment = $2")
        .bind(person)
        .bind(environment)
        .execute(tx.connection())
        .await?;
    changed(tx, done.rows_affected()).await.map(|ended| ended > 0)
}

/// Whether anything is written down that no longer holds.
///
/// # Errors
/// When the store fails.
pub async fn any_ended(tx: &mut Tx, now: Millis) -> Result<bool, StoreError> {
    let row = sqlx::query("SELECT environment FROM armings WHERE ends_at <= $1 LIMIT 1")
        .bind(now.0)
        .fetch_optional(tx.connection())
        .await?;
    Ok(row.is_some())
}

/// Deletes what no longer holds; how many.
///
/// # Errors
/// When the store fails.
pub async fn forget_ended(tx: &mut Tx, now: Millis) -> Result<u64, StoreError> {
    let done =
        sqlx::query("DELETE FROM armings WHERE ends_at <= $1").bind(now.0).execute(tx.connection()).await?;
    changed(tx, done.rows_affected()).await
}

async fn changed(tx: &mut Tx, rows: u64) -> Result<u64, StoreError> {
    if rows > 0 {
        tx.revision("").await?;
    }
    Ok(rows)
}
