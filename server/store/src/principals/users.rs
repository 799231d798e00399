//! Users.

use pilothouse_protocol::Millis;
use sqlx::any::AnyRow;

use crate::rows::{int, millis, text};
use crate::versions::{Part, changed, hold};
use crate::{StoreError, Tx, policies};

/// A user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserRecord {
    /// Its name.
    pub name: String,
    /// Unique for ever, whatever is made and deleted under the name.
    pub user_id: String,
    /// For people.
    pub comment: String,
    /// When it was made.
    pub created_at: Millis,
    /// By whom.
    pub created_by: String,
}

fn record(row: &AnyRow) -> Result<UserRecord, StoreError> {
    Ok(UserRecord {
        name: text(row, "user_name")?,
        user_id: text(row, "user_id")?,
        comment: text(row, "comment")?,
        created_at: millis(row, "created_at")?,
        created_by: text(row, "created_by")?,
    })
}

/// Adds a user; `false` when the name is taken.
///
/// # Errors
/// When the store fails.
pub async fn insert(tx: &mut Tx, it: &UserRecord) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "INSERT INTO users (user_name, folded, user_id, comment, created_at, created_by)
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
    )
    .bind(it.name.as_str())
    .bind(it.name.to_ascii_lowercase())
    .bind(it.user_id.as_str())
    .bind(it.comment.as_str())
    .bind(it.created_at.0)
    .bind(it.created_by.as_str())
    .execute(tx.connection())
    .await?;
    changed(tx, Part::Principals).await?;
    Ok(done.rows_affected() > 0)
}

/// The user of this name.
///
/// # Errors
/// When the store fails.
pub async fn get(tx: &mut Tx, name: &str) -> Result<Option<UserRecord>, StoreError> {
    let row = sqlx::query("SELECT * FROM users WHERE user_name = $1")
        .bind(name)
        .fetch_optional(tx.connection())
        .await?;
    row.as_ref().map(record).transpose()
}

/// Every user, in order of name.
///
/// # Errors
/// When the store fails.
pub async fn list(tx: &mut Tx) -> Result<Vec<UserRecord>, StoreError> {
    let rows = sqlx::query("SELECT * FROM users").fetch_all(tx.connection()).await?;
    let mut all: Vec<UserRecord> = rows.iter().map(record).collect::<Result<_, _>>()?;
    all.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(all)
}

/// How many there are.
///
/// # Errors
/// When the store fails.
pub async fn count(tx: &mut Tx) -> Result<i64, StoreError> {
    let row = sqlx::query("SELECT COUNT(*) AS n FROM users").fetch_one(tx.connection()).await?;
    int(&row, "n")
}

/// Deletes a user with its memberships, keys, sessions, attachments and armings; `false` if there was none.
///
/// # Errors
/// When the store fails.
pub async fn delete(tx: &mut Tx, name: &str) -> Result<bool, StoreError> {
    for part in [Part::Policies, Part::Keys, Part::Principals] {
        hold(tx, part).await?;
    }
    let person = format!("user/{name}");
    for (sql, whose) in [
        ("DELETE FROM members WHERE user_name = $1", name),
        ("DELETE FROM access_keys WHERE user_name = $1", name),
        ("DELETE FROM access_keys WHERE person = $1", &person),
        ("DELETE FROM ssh_keys WHERE user_name = $1", name),
        ("DELETE FROM armings WHERE person = $1", &person),
    ] {
        sqlx::query(sql).bind(whose).execute(tx.connection()).await?;
    }
    policies::detach_all(tx, &person).await?;
    let done =
        sqlx::query("DELETE FROM users WHERE user_name = $1").bind(name).execute(tx.connection()).await?;
    Ok(done.rows_affected() > 0)
}
