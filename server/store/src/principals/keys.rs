//! Access keys: those of users, which last, and those of sessions, which end.

use pilothouse_api::access::KeyStatus;
use pilothouse_protocol::Millis;
use sqlx::any::AnyRow;

use crate::rows::{blob, int, maybe_int, maybe_text, millis, text};
use crate::versions::{Part, changed};
use crate::{StoreError, Tx};

/// Whom a key speaks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Holder {
    /// A user.
    User(String),
    /// Somebody in a role.
    Session {
        /// The role's name.
        role: String,
        /// The session's name.
        session: String,
        /// Who took it on: `root` or `user/…`.
        person: String,
        /// Hash of the token that must come with every request, in hexadecimal digits.
        token_hash: String,
    },
}

/// A key's last use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastUse {
    /// When.
    pub at: Millis,
    /// From which address.
    pub from: String,
    /// For what, such as `ssm:SendCommand`.
    pub what: String,
}

/// A key. The secret is sealed under the name `access-key/ID`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRecord {
    /// Its id.
    pub access_key_id: String,
    /// Whom it speaks for.
    pub holder: Holder,
    /// The sealed secret.
    pub sealed: Vec<u8>,
    /// The master key that it is sealed under.
    pub key_id: String,
    /// Whether it signs.
    pub status: KeyStatus,
    /// When it was made.
    pub created_at: Millis,
    /// When it stops to work by itself.
    pub expires_at: Option<Millis>,
    /// When it signed last, as far as that was written.
    pub last_use: Option<LastUse>,
}

fn record(row: &AnyRow) -> Result<KeyRecord, StoreError> {
    Ok(KeyRecord {
        access_key_id: text(row, "access_key_id")?,
        holder: holder(row)?,
        sealed: blob(row, "sealed")?,
        key_id: text(row, "key_id")?,
        status: if text(row, "status")? == "Active" { KeyStatus::Active } else { KeyStatus::Inactive },
        created_at: millis(row, "created_at")?,
        expires_at: maybe_int(row, "expires_at")?.map(Millis),
        last_use: last_use(row)?,
    })
}

fn holder(row: &AnyRow) -> Result<Holder, StoreError> {
    if let Some(user) = maybe_text(row, "user_name")? {
        return Ok(Holder::User(user));
    }
    let (role, session, person) = (text(row, "role_name")?, text(row, "session_name")?, text(row, "person")?);
    Ok(Holder::Session { role, session, person, token_hash: text(row, "token_hash")? })
}

fn last_use(row: &AnyRow) -> Result<Option<LastUse>, StoreError> {
    let Some(at) = maybe_int(row, "last_used_at")?.map(Millis) else { return Ok(None) };
    let told = |column| Ok::<_, StoreError>(maybe_text(row, column)?.unwrap_or_default());
    Ok(Some(LastUse { at, from: told("last_used_from")?, what: told("last_used_for")? }))
}

const fn word(status: KeyStatus) -> &'static str {
    match status {
        KeyStatus::Active => "Active",
        KeyStatus::Inactive => "Inactive",
    }
}

/// Adds a key.
///
/// # Errors
/// When the store fails.
pub async fn insert(tx: &mut Tx, it: &KeyRecord) -> Result<(), StoreError> {
    let (user, role, session, person, token_hash) = match &it.holder {
        Holder::User(user) => (Some(user.as_str()), None, None, None, None),
        Holder::Session { role, session, person, token_hash } => (
            None,
            Some(role.as_str()),
            Some(session.as_str()),
            Some(person.as_str()),
            Some(token_hash.as_str()),
        ),
    };
    sqlx::query(
        "INSERT INTO access_keys (access_key_id, user_name, role_name, session_name, person, token_hash, sealed, key_id,
             status, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind(it.access_key_id.as_str())
    .bind(user)
    .bind(role)
    .bind(session)
    .bind(person)
    .bind(token_hash)
    .bind(it.sealed.as_slice())
    .bind(it.key_id.as_str())
    .bind(word(it.status))
    .bind(it.created_at.0)
    .bind(it.expires_at.map(|at| at.0))
    .execute(tx.connection())
    .await?;
    changed(tx, Part::Keys).await
}

/// The key with this id.
///
/// # Errors
/// When the store fails.
pub async fn get(tx: &mut Tx, id: &str) -> Result<Option<KeyRecord>, StoreError> {
    let row = sqlx::query("SELECT * FROM access_keys WHERE access_key_id = $1")
        .bind(id)
        .fetch_optional(tx.connection())
        .await?;
    row.as_ref().map(record).transpose()
}

/// Every key, those of sessions too, in order of age.
///
/// # Errors
/// When the store fails.
pub async fn list(tx: &mut Tx) -> Result<Vec<KeyRecord>, StoreError> {
    let rows =
        sqlx::query("SELECT * FROM access_keys ORDER BY created_at").fetch_all(tx.connection()).await?;
    rows.iter().map(record).collect()
}

/// Every key of users, in order of age.
///
/// # Errors
/// When the store fails.
pub async fn of_users(tx: &mut Tx) -> Result<Vec<KeyRecord>, StoreError> {
    let rows = sqlx::query("SELECT * FROM access_keys WHERE user_name IS NOT NULL ORDER BY created_at")
        .fetch_all(tx.connection())
        .await?;
    rows.iter().map(record).collect()
}

/// The keys of a user, in order of age.
///
/// # Errors
/// When the store fails.
pub async fn of_user(tx: &mut Tx, user: &str) -> Result<Vec<KeyRecord>, StoreError> {
    let rows = sqlx::query("SELECT * FROM access_keys WHERE user_name = $1 ORDER BY created_at")
        .bind(user)
        .fetch_all(tx.connection())
        .await?;
    rows.iter().map(record).collect()
}

/// How many sessions have not ended: all, or those of one person.
///
/// # Errors
/// When the store fails.
pub async fn live_sessions(tx: &mut Tx, person: Option<&str>, now: Millis) -> Result<i64, StoreError> {
    let row = sqlx::query(
        "SELECT COUNT(*) AS n FROM access_keys
         WHERE user_name IS NULL AND expires_at > $1 AND person = COALESCE($2, person)",
    )
    .bind(now.0)
    .bind(person)
    .fetch_one(tx.connection())
    .await?;
    int(&row, "n")
}

/// Sets whether a key signs, and when it stops by itself; `false` if there is none.
///
/// # Errors
/// When the store fails.
pub async fn set_status(
    tx: &mut Tx,
    id: &str,
    status: KeyStatus,
    expires_at: Option<Millis>,
) -> Result<bool, StoreError> {
    let done = sqlx::query("UPDATE access_keys SET status = $2, expires_at = $3 WHERE access_key_id = $1")
        .bind(id)
        .bind(word(status))
        .bind(expires_at.map(|at| at.0))
        .execute(tx.connection())
        .await?;
    changed(tx, Part::Keys).await?;
    Ok(done.rows_affected() > 0)
}

/// Deletes a key; `false` if there was none.
///
/// # Errors
/// When the store fails.
pub async fn delete(tx: &mut Tx, id: &str) -> Result<bool, StoreError> {
    let done = sqlx::query("DELETE FROM access_keys WHERE access_key_id = $1")
        .bind(id)
        .execute(tx.connection())
        .await?;
    changed(tx, Part::Keys).await?;
    Ok(done.rows_affected() > 0)
}

/// Deletes keys of sessions that ended before `before`; how many.
///
/// # Errors
/// When the store fails.
pub async fn sweep_sessions(tx: &mut Tx, before: Millis) -> Result<u64, StoreError> {
    let done = sqlx::query("DELETE FROM access_keys WHERE user_name IS NULL AND expires_at < $1")
        .bind(before.0)
        .execute(tx.connection())
        .await?;
    if done.rows_affected() > 0 {
        changed(tx, Part::Keys).await?;
    }
    Ok(done.rows_affected())
}

/// Writes a key's last use, unless a later one is written; it is no change that anybody must learn of.
///
/// # Errors
/// When the store fails.
pub async fn used(tx: &mut Tx, id: &str, last: &LastUse) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE access_keys SET last_used_at = $2, last_used_from = $3, last_used_for = $4
         WHERE access_key_id = $1 AND (last_used_at IS NULL OR last_used_at <= $2)",
    )
    .bind(id)
    .bind(last.at.0)
    .bind(last.from.as_str())
    .bind(last.what.as_str())
    .execute(tx.connection())
    .await?;
    Ok(())
}
