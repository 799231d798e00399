//! Activations.

use pilothouse_protocol::{ActivationId, Millis};
use sqlx::any::AnyRow;

use crate::rows::{blob, int, json, limit, maybe_text, millis, parsed, text, to_json};
use crate::{StoreError, Tx};

/// An activation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActivationRecord {
    /// Where its nodes will live.
    pub region: String,
    /// Its id.
    pub activation_id: ActivationId,
    /// Hash of its code.
    pub code_hash: Vec<u8>,
    /// For people.
    pub description: Option<String>,
    /// Name of its nodes.
    pub default_instance_name: Option<String>,
    /// As given.
    pub iam_role: String,
    /// How many nodes may register.
    pub registration_limit: i64,
    /// How many did.
    pub registrations: i64,
    /// After this it is of no use.
    pub expires_at: Millis,
    /// When it was made.
    pub created_at: Millis,
    /// Copied to its nodes.
    pub tags: Vec<(String, String)>,
    /// Who made it.
    pub created_by: String,
}

fn record(row: &AnyRow) -> Result<ActivationRecord, StoreError> {
    Ok(ActivationRecord {
        region: text(row, "region")?,
        activation_id: parsed(row, "activation_id")?,
        code_hash: blob(row, "code_hash")?,
        description: maybe_text(row, "description")?,
        default_instance_name: maybe_text(row, "default_instance_name")?,
        iam_role: text(row, "iam_role")?,
        registration_limit: int(row, "registration_limit")?,
        registrations: int(row, "registrations")?,
        expires_at: millis(row, "expires_at")?,
        created_at: millis(row, "created_at")?,
        tags: json(row, "tags")?,
        created_by: text(row, "created_by")?,
    })
}

/// Adds an activation.
///
/// # Errors
/// When the store fails.
pub async fn insert(tx: &mut Tx, it: &ActivationRecord) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO activations (activation_id, region, code_hash, description, default_instance_name, iam_role,
             registration_limit, registrations, expires_at, created_at, tags, created_by)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
    )
    .bind(it.activation_id.as_str())
    .bind(it.region.as_str())
    .bind(it.code_hash.as_slice())
    .bind(it.description.as_deref())
    .bind(it.default_instance_name.as_deref())
    .bind(it.iam_role.as_str())
    .bind(it.registration_limit)
    .bind(it.registrations)
    .bind(it.expires_at.0)
    .bind(it.created_at.0)
    .bind(to_json(&it.tags)?)
    .bind(it.created_by.as_str())
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// The activation with this id, in any region: who enrols knows no region.
///
/// # Errors
/// When the store fails.
pub async fn find(tx: &mut Tx, id: &ActivationId) -> Result<Option<ActivationRecord>, StoreError> {
    let row = sqlx::query("SELECT * FROM activations WHERE activation_id = $1")
        .bind(id.as_str())
        .fetch_optional(tx.connection())
        .await?;
    row.as_ref().map(record).transpose()
}

/// Activations of a region, newest first, after the one with this age and id.
///
/// # Errors
/// When the store fails.
pub async fn list(
    tx: &mut Tx,
    region: &str,
    after: Option<(Millis, ActivationId)>,
    count: usize,
) -> Result<Vec<ActivationRecord>, StoreError> {
    let (at, id) = after.map_or((i64::MAX, String::new()), |(at, id)| (at.0, id.to_string()));
    let rows = sqlx::query(
        "SELECT * FROM activations WHERE region = $1 AND (created_at < $2 OR (created_at = $2 AND activation_id < $3))
         ORDER BY created_at DESC, activation_id DESC LIMIT $4",
    )
    .bind(region)
    .bind(at)
    .bind(id)
    .bind(limit(count))
    .fetch_all(tx.connection())
    .await?;
    rows.iter().map(record).collect()
}

/// Deletes an activation; `false` if there was none.
///
/// # Errors
/// When the store fails.
pub async fn delete(tx: &mut Tx, region: &str, id: &ActivationId) -> Result<bool, StoreError> {
    let done = sqlx::query("DELETE FROM activations WHERE region = $1 AND activation_id = $2")
        .bind(region)
        .bind(id.as_str())
        .execute(tx.connection())
        .await?;
    Ok(done.rows_affected() > 0)
}

/// Counts one registration; `false` when the activation is used up.
///
/// # Errors
/// When the store fails.
pub async fn use_one(tx: &mut Tx, id: &ActivationId) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE activations SET registrations = registrations + 1
         WHERE activation_id = $1 AND registrations < registration_limit",
    )
    .bind(id.as_str())
    .execute(tx.connection())
    .await?;
    Ok(done.rows_affected() > 0)
}
