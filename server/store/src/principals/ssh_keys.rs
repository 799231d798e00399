//! SSH public keys of users.

use pilothouse_protocol::Millis;
use sqlx::any::AnyRow;

use crate::rows::{millis, text};
use crate::{StoreError, Tx};

/// An SSH public key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SshKeyRecord {
    /// `SHA256:…`, unique in the account.
    pub fingerprint: String,
    /// Whose.
    pub user: String,
    /// One line, without options.
    pub public_key: String,
    /// When it was registered.
    pub created_at: Millis,
}

fn record(row: &AnyRow) -> Result<SshKeyRecord, StoreError> {
    Ok(SshKeyRecord {
        fingerprint: text(row, "fingerprint")?,
        user: text(row, "user_name")?,
        public_key: text(row, "public_key")?,
        created_at: millis(row, "created_at")?,
    })
}

/// Adds a key; `false` when somebody has it already.
///
/// # Errors
/// When the store fails.
pub async fn insert(tx: &mut Tx, it: &SshKeyRecord) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "INSERT INTO ssh_keys (fingerprint, user_name, public_key, created_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT DO NOTHING",
    )
    .bind(it.fingerprint.as_str())
    .bind(it.user.as_str())
    .bind(it.public_key.as_str())
    .bind(it.created_at.0)
    .execute(tx.connection())
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Every key, in order of age.
///
/// # Errors
/// When the store fails.
pub async fn list(tx: &mut Tx) -> Result<Vec<SshKeyRecord>, StoreError> {
    let rows = sqlx::query("SELECT * FROM ssh_keys ORDER BY created_at").fetch_all(tx.connection()).await?;
    rows.iter().map(record).collect()
}

/// The keys of a user, in order of age.
///
/// # Errors
/// When the store fails.
pub async fn of_user(tx: &mut Tx, user: &str) -> Result<Vec<SshKeyRecord>, StoreError> {
    let rows = sqlx::query("SELECT * FROM ssh_keys WHERE user_name = $1 ORDER BY created_at")
        .bind(user)
        .fetch_all(tx.connection())
        .await?;
    rows.iter().map(record).collect()
}

/// Deletes a user's key; `false` if it had none of this fingerprint.
///
/// # Errors
/// When the store fails.
pub async fn delete(tx: &mut Tx, user: &str, fingerprint: &str) -> Result<bool, StoreError> {
    let done = sqlx::query("DELETE FROM ssh_keys WHERE user_name = $1 AND fingerprint = $2")
        .bind(user)
        .bind(fingerprint)
        .execute(tx.connection())
        .await?;
    Ok(done.rows_affected() > 0)
}
