//! Settings of a region that are not as they come.

use pilothouse_protocol::Millis;

use crate::rows::{millis, text};
use crate::{StoreError, Tx};

/// A setting that somebody set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingRecord {
    /// Where it holds.
    pub region: String,
    /// Its id.
    pub id: String,
    /// What it is set to.
    pub value: String,
    /// When.
    pub modified_at: Millis,
    /// By whom.
    pub modified_by: String,
}

/// A setting, if somebody set it.
///
/// # Errors
/// When the store fails.
pub async fn get(tx: &mut Tx, region: &str, id: &str) -> Result<Option<SettingRecord>, StoreError> {
    let row = sqlx::query(
        "SELECT region, id, value, modified_at, modified_by FROM service_settings WHERE region = $1 AND id = $2",
    )
    .bind(region)
    .bind(id)
    .fetch_optional(tx.connection())
    .await?;
    let record = |row| {
        Ok(SettingRecord {
            region: text(&row, "region")?,
            id: text(&row, "id")?,
            value: text(&row, "value")?,
            modified_at: millis(&row, "modified_at")?,
            modified_by: text(&row, "modified_by")?,
        })
    };
    row.map(record).transpose()
}

/// Sets a setting.
///
/// # Errors
/// When the store fails.
pub async fn set(tx: &mut Tx, it: &SettingRecord) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO service_settings (region, id, value, modified_at, modified_by) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (region, id) DO UPDATE SET
         value = excluded.value, modified_at = excluded.modified_at, modified_by = excluded.modified_by",
    )
    .bind(it.region.as_str())
    .bind(it.id.as_str())
    .bind(it.value.as_str())
    .bind(it.modified_at.0)
    .bind(it.modified_by.as_str())
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Makes a setting what it was when it came.
///
/// # Errors
/// When the store fails.
pub async fn reset(tx: &mut Tx, region: &str, id: &str) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM service_settings WHERE region = $1 AND id = $2")
        .bind(region)
        .bind(id)
        .execute(tx.connection())
        .await?;
    Ok(())
}
