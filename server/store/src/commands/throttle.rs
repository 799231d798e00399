//! How a command is throttled, and that nobody else changes commands meanwhile.

use super::CommandRecord;
use crate::{Backend, StoreError, Tx};

/// Name of the lock under which a PostgreSQL database's commands are changed: "runs" in ASCII.
const LOCK: i64 = 0x72_75_6e_73;

/// Saves how it is throttled: concurrency, error limit, pause; under this transaction's revision.
///
/// # Errors
/// When the store fails.
pub async fn throttle(tx: &mut Tx, it: &CommandRecord) -> Result<(), StoreError> {
    let revision = tx.revision(&it.region).await?;
    sqlx::query(
        "UPDATE commands SET max_concurrency = $2, max_errors = $3, paused = $4, revision = $5 WHERE command_id = $1",
    )
    .bind(it.command_id.as_str())
    .bind(it.max_concurrency.as_str())
    .bind(it.max_errors.as_str())
    .bind(i64::from(it.paused))
    .bind(revision)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Waits for everybody else who changes commands and their runs, and keeps them waiting until this transaction ends: what is
/// read from here on stays so. It is asked for before anything else is changed. SQLite has one writer at a time anyway.
///
/// # Errors
/// When the store fails.
pub async fn hold(tx: &mut Tx) -> Result<(), StoreError> {
    if tx.backend() == Backend::Postgres {
        sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(LOCK).execute(tx.connection()).await?;
    }
    Ok(())
}
