//! Roles.

use pilothouse_protocol::Millis;
use sqlx::any::AnyRow;

use crate::rows::{int, millis, text};
use crate::versions::{Part, changed, hold};
use crate::{StoreError, Tx, policies};

/// A role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleRecord {
    /// Its name.
    pub name: String,
    /// Unique for ever, whatever is made and deleted under the name.
    pub role_id: String,
    /// For people.
    pub comment: String,
    /// When it was made.
    pub created_at: Millis,
    /// How long a session of it may live.
    pub max_session_seconds: i64,
}

fn record(row: &AnyRow) -> Result<RoleRecord, StoreError> {
    Ok(RoleRecord {
        name: text(row, "role_name")?,
        role_id: text(row, "role_id")?,
        comment: text(row, "comment")?,
        created_at: millis(row, "created_at")?,
        max_session_seconds: int(row, "max_session_seconds")?,
    })
}

/// Adds a role; `false` when the name is taken.
///
/// # Errors
/// When the store fails.
pub async fn insert(tx: &mut Tx, it: &RoleRecord) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "INSERT INTO roles (role_name, folded, role_id, comment, created_at, max_session_seconds)
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
    )
    .bind(it.name.as_str())
    .bind(it.name.to_ascii_lowercase())
    .bind(it.role_id.as_str())
    .bind(it.comment.as_str())
    .bind(it.created_at.0)
    .bind(it.max_session_seconds)
    .execute(tx.connection())
    .await?;
    changed(tx, Part::Principals).await?;
    Ok(done.rows_affected() > 0)
}

/// The role of this name.
///
/// # Errors
/// When the store fails.
pub async fn get(tx: &mut Tx, name: &str) -> Result<Option<RoleRecord>, StoreError> {
    let row = sqlx::query("SELECT * FROM roles WHERE role_name = $1")
        .bind(name)
        .fetch_optional(tx.connection())
        .await?;
    row.as_ref().map(record).transpose()
}

/// Every role, in order of name.
///
/// # Errors
/// When the store fails.
pub async fn list(tx: &mut Tx) -> Result<Vec<RoleRecord>, StoreError> {
    let rows = sqlx::query("SELECT * FROM roles").fetch_all(tx.connection()).await?;
    let mut all: Vec<RoleRecord> = rows.iter().map(record).collect::<Result<_, _>>()?;
    all.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(all)
}

/// How many there are.
///
/// # Errors
/// When the store fails.
pub async fn count(tx: &mut Tx) -> Result<i64, StoreError> {
    let row = sqlx::query("SELECT COUNT(*) AS n FROM roles").fetch_one(tx.connection()).await?;
    int(&row, "n")
}

/// Deletes a role with its sessions and attachments; `false` if there was none.
///
/// # Errors
/// When the store fails.
pub async fn delete(tx: &mut Tx, name: &str) -> Result<bool, StoreError> {
    for part in [Part::Policies, Part::Keys, Part::Principals] {
        hold(tx, part).await?;
    }
    sqlx::query("DELETE FROM access_keys WHERE role_name = $1").bind(name).execute(tx.connection()).await?;
    policies::detach_all(tx, &format!("role/{name}")).await?;
    let done =
        sqlx::query("DELETE FROM roles WHERE role_name = $1").bind(name).execute(tx.connection()).await?;
    Ok(done.rows_affected() > 0)
}
