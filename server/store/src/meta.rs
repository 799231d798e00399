//! Small facts about the server itself, by name.

use sqlx::Row;

use crate::{StoreError, Tx};

/// The value of a name.
///
/// # Errors
/// When the store fails.
pub async fn get(tx: &mut Tx, name: &str) -> Result<Option<String>, StoreError> {
    let row = sqlx::query("SELECT value FROM meta WHERE name = $1")
        .bind(name)
        .fetch_optional(tx.connection())
        .await?;
    Ok(row.map(|row| row.try_get("value")).transpose()?)
}

/// Sets the value of a name.
///
/// # Errors
/// When the store fails.
pub async fn set(tx: &mut Tx, name: &str, value: &str) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value")
        .bind(name)
        .bind(value)
        .execute(tx.connection())
        .await?;
    Ok(())
}
