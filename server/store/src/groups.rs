//! Resource groups: targets under a name.

use pilothouse_api::commands::Target;
use pilothouse_protocol::Millis;
use sqlx::any::AnyRow;

use crate::rows::{int, json, millis, text, to_json};
use crate::{StoreError, Tx};

/// A resource group.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupRecord {
    /// Where.
    pub region: String,
    /// Unique in its region.
    pub name: String,
    /// For people.
    pub description: String,
    /// What it stands for.
    pub targets: Vec<Target>,
    /// Who made it.
    pub created_by: String,
    /// When it was written last.
    pub modified_at: Millis,
}

fn record(row: &AnyRow) -> Result<GroupRecord, StoreError> {
    Ok(GroupRecord {
        region: text(row, "region")?,
        name: text(row, "name")?,
        description: text(row, "description")?,
        targets: json(row, "targets")?,
        created_by: text(row, "created_by")?,
        modified_at: millis(row, "modified_at")?,
    })
}

/// Writes a group, a new one or in the place of one; who made it stays.
///
/// # Errors
/// When the store fails.
pub async fn put(tx: &mut Tx, it: &GroupRecord) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO resource_groups (region, name, description, targets, created_by, modified_at)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (region, name) DO UPDATE SET
         description = excluded.description, targets = excluded.targets, modified_at = excluded.modified_at",
    )
    .bind(it.region.as_str())
    .bind(it.name.as_str())
    .bind(it.description.as_str())
    .bind(to_json(&it.targets)?)
    .bind(it.created_by.as_str())
    .bind(it.modified_at.0)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// The group with this name.
///
/// # Errors
/// When the store fails.
pub async fn get(tx: &mut Tx, region: &str, name: &str) -> Result<Option<GroupRecord>, StoreError> {
    let row = sqlx::query("SELECT * FROM resource_groups WHERE region = $1 AND name = $2")
        .bind(region)
        .bind(name)
        .fetch_optional(tx.connection())
        .await?;
    row.as_ref().map(record).transpose()
}

/// All groups of a region, in order of name.
///
/// # Errors
/// When the store fails.
pub async fn all(tx: &mut Tx, region: &str) -> Result<Vec<GroupRecord>, StoreError> {
    let rows = sqlx::query("SELECT * FROM resource_groups WHERE region = $1 ORDER BY name")
        .bind(region)
        .fetch_all(tx.connection())
        .await?;
    rows.iter().map(record).collect()
}

/// How many groups a region has.
///
/// # Errors
/// When the store fails.
pub async fn count(tx: &mut Tx, region: &str) -> Result<i64, StoreError> {
    let row = sqlx::query("SELECT COUNT(*) AS groups FROM resource_groups WHERE region = $1")
        .bind(region)
        .fetch_one(tx.connection())
        .await?;
    int(&row, "groups")
}

/// Removes a group; `false` if there is none of this name.
///
/// # Errors
/// When the store fails.
pub async fn delete(tx: &mut Tx, region: &str, name: &str) -> Result<bool, StoreError> {
    let done = sqlx::query("DELETE FROM resource_groups WHERE region = $1 AND name = $2")
        .bind(region)
        .bind(name)
        .execute(tx.connection())
        .await?;
    Ok(done.rows_affected() > 0)
}
