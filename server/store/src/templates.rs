//! Run templates: what is sent again and again, under a name.

use pilothouse_api::commands::SendCommand;
use pilothouse_protocol::Millis;
use sqlx::any::AnyRow;

use crate::rows::{int, json, maybe_int, millis, text, to_json};
use crate::{StoreError, Tx};

/// A run template.
#[derive(Clone, Debug, PartialEq)]
pub struct TemplateRecord {
    /// Where.
    pub region: String,
    /// Unique in its region.
    pub name: String,
    /// For people.
    pub description: String,
    /// What is sent.
    pub request: SendCommand,
    /// Who made it.
    pub created_by: String,
    /// When it was written last.
    pub modified_at: Millis,
    /// When a command named it last.
    pub last_used: Option<Millis>,
}

fn record(row: &AnyRow) -> Result<TemplateRecord, StoreError> {
    Ok(TemplateRecord {
        region: text(row, "region")?,
        name: text(row, "name")?,
        description: text(row, "description")?,
        request: json(row, "request")?,
        created_by: text(row, "created_by")?,
        modified_at: millis(row, "modified_at")?,
        last_used: maybe_int(row, "last_used")?.map(Millis),
    })
}

/// Writes a template, a new one or in the place of one; who made it and when it was used last stay.
///
/// # Errors
/// When the store fails.
pub async fn put(tx: &mut Tx, it: &TemplateRecord) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO run_templates (region, name, description, request, created_by, modified_at)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (region, name) DO UPDATE SET
         description = excluded.description, request = excluded.request, modified_at = excluded.modified_at",
    )
    .bind(it.region.as_str())
    .bind(it.name.as_str())
    .bind(it.description.as_str())
    .bind(to_json(&it.request)?)
    .bind(it.created_by.as_str())
    .bind(it.modified_at.0)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Notes that a command named it; nothing if there is none of this name.
///
/// # Errors
/// When the store fails.
pub async fn used(tx: &mut Tx, region: &str, name: &str, at: Millis) -> Result<(), StoreError> {
    sqlx::query("UPDATE run_templates SET last_used = $3 WHERE region = $1 AND name = $2")
        .bind(region)
        .bind(name)
        .bind(at.0)
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// The template with this name.
///
/// # Errors
/// When the store fails.
pub async fn get(tx: &mut Tx, region: &str, name: &str) -> Result<Option<TemplateRecord>, StoreError> {
    let row = sqlx::query("SELECT * FROM run_templates WHERE region = $1 AND name = $2")
        .bind(region)
        .bind(name)
        .fetch_optional(tx.connection())
        .await?;
    row.as_ref().map(record).transpose()
}

/// All templates of a region, in order of name.
///
/// # Errors
/// When the store fails.
pub async fn all(tx: &mut Tx, region: &str) -> Result<Vec<TemplateRecord>, StoreError> {
    let rows = sqlx::query("SELECT * FROM run_templates WHERE region = $1 ORDER BY name")
        .bind(region)
        .fetch_all(tx.connection())
        .await?;
    rows.iter().map(record).collect()
}

/// How many templates a region has.
///
/// # Errors
/// When the store fails.
pub async fn count(tx: &mut Tx, region: &str) -> Result<i64, StoreError> {
    let row = sqlx::query("SELECT COUNT(*) AS templates FROM run_templates WHERE region = $1")
        .bind(region)
        .fetch_one(tx.connection())
        .await?;
    int(&row, "templates")
}

/// Removes a template; `false` if there is none of this name.
///
/// # Errors
/// When the store fails.
pub async fn delete(tx: &mut Tx, region: &str, name: &str) -> Result<bool, StoreError> {
    let done = sqlx::query("DELETE FROM run_templates WHERE region = $1 AND name = $2")
        .bind(region)
        .bind(name)
        .execute(tx.connection())
        .await?;
    Ok(done.rows_affected() > 0)
}
