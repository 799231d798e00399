//! Policies, and to whom they are attached. Those that come with the server are no rows; their attachments are.

use pilothouse_protocol::Millis;
use sqlx::any::AnyRow;

use crate::rows::{int, millis, text};
use crate::versions::{Part, changed};
use crate::{StoreError, Tx};

/// A policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyRecord {
    /// Its name.
    pub name: String,
    /// Cedar statements.
    pub text: String,
    /// For people.
    pub comment: String,
    /// When it was saved.
    pub updated_at: Millis,
    /// By whom.
    pub updated_by: String,
}

/// That a policy is given to a principal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Attachment {
    /// The policy's name.
    pub policy: String,
    /// `user/…`, `group/…` or `role/…`.
    pub principal: String,
}

fn record(row: &AnyRow) -> Result<PolicyRecord, StoreError> {
    Ok(PolicyRecord {
        name: text(row, "policy_name")?,
        text: text(row, "text")?,
        comment: text(row, "comment")?,
        updated_at: millis(row, "updated_at")?,
        updated_by: text(row, "updated_by")?,
    })
}

/// Saves a policy, new or in the place of the one of this name; `false` when another one has the name in other letters.
///
/// # Errors
/// When the store fails.
pub async fn put(tx: &mut Tx, it: &PolicyRecord) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "INSERT INTO policies (policy_name, folded, text, comment, updated_at, updated_by)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (folded) DO UPDATE SET text = excluded.text, comment = excluded.comment,
             updated_at = excluded.updated_at, updated_by = excluded.updated_by
         WHERE policies.policy_name = excluded.policy_name",
    )
    .bind(it.name.as_str())
    .bind(it.name.to_ascii_lowercase())
    .bind(it.text.as_str())
    .bind(it.comment.as_str())
    .bind(it.updated_at.0)
    .bind(it.updated_by.as_str())
    .execute(tx.connection())
    .await?;
    changed(tx, Part::Policies).await?;
    Ok(done.rows_affected() > 0)
}

/// The policy of this name.
///
/// # Errors
/// When the store fails.
pub async fn get(tx: &mut Tx, name: &str) -> Result<Option<PolicyRecord>, StoreError> {
    let row = sqlx::query("SELECT * FROM policies WHERE policy_name = $1")
        .bind(name)
        .fetch_optional(tx.connection())
        .await?;
    row.as_ref().map(record).transpose()
}

/// Every policy, in order of name.
///
/// # Errors
/// When the store fails.
pub async fn list(tx: &mut Tx) -> Result<Vec<PolicyRecord>, StoreError> {
    let rows = sqlx::query("SELECT * FROM policies").fetch_all(tx.connection()).await?;
    let mut all: Vec<PolicyRecord> = rows.iter().map(record).collect::<Result<_, _>>()?;
    all.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(all)
}

/// How many there are.
///
/// # Errors
/// When the store fails.
pub async fn count(tx: &mut Tx) -> Result<i64, StoreError> {
    let row = sqlx::query("SELECT COUNT(*) AS n FROM policies").fetch_one(tx.connection()).await?;
    int(&row, "n")
}

/// Deletes a policy and its attachments; `false` if there was none.
///
/// # Errors
/// When the store fails.
pub async fn delete(tx: &mut Tx, name: &str) -> Result<bool, StoreError> {
    sqlx::query("DELETE FROM attachments WHERE policy_name = $1").bind(name).execute(tx.connection()).await?;
    let done = sqlx::query("DELETE FROM policies WHERE policy_name = $1")
        .bind(name)
        .execute(tx.connection())
        .await?;
    changed(tx, Part::Policies).await?;
    Ok(done.rows_affected() > 0)
}

/// Gives a policy to a principal; `false` when it has it already. Both must be there.
///
/// # Errors
/// When the store fails.
pub async fn attach(tx: &mut Tx, policy: &str, principal: &str) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "INSERT INTO attachments (policy_name, principal) VALUES ($1, $2) ON CONFLICT DO NOTHING",
    )
    .bind(policy)
    .bind(principal)
    .execute(tx.connection())
    .await?;
    changed(tx, Part::Policies).await?;
    Ok(done.rows_affected() > 0)
}

/// Takes a policy from a principal; `false` when it did not have it.
///
/// # Errors
/// When the store fails.
pub async fn detach(tx: &mut Tx, policy: &str, principal: &str) -> Result<bool, StoreError> {
    let done = sqlx::query("DELETE FROM attachments WHERE policy_name = $1 AND principal = $2")
        .bind(policy)
        .bind(principal)
        .execute(tx.connection())
        .await?;
    changed(tx, Part::Policies).await?;
    Ok(done.rows_affected() > 0)
}

/// Takes every policy from a principal that goes.
pub(crate) async fn detach_all(tx: &mut Tx, principal: &str) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM attachments WHERE principal = $1")
        .bind(principal)
        .execute(tx.connection())
        .await?;
    changed(tx, Part::Policies).await
}

/// Every attachment, in order of policy, then principal.
///
/// # Errors
/// When the store fails.
pub async fn attachments(tx: &mut Tx) -> Result<Vec<Attachment>, StoreError> {
    let rows =
        sqlx::query("SELECT policy_name, principal FROM attachments").fetch_all(tx.connection()).await?;
    let mut all: Vec<Attachment> = rows
        .iter()
        .map(|row| Ok(Attachment { policy: text(row, "policy_name")?, principal: text(row, "principal")? }))
        .collect::<Result<_, StoreError>>()?;
    all.sort();
    Ok(all)
}
