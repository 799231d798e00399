//! Groups of users, and who is in them.

use pilothouse_protocol::Millis;
use sqlx::any::AnyRow;

use crate::rows::{int, millis, text};
use crate::versions::{Part, changed, hold};
use crate::{StoreError, Tx, policies};

/// A group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupRecord {
    /// Its name.
    pub name: String,
    /// For people.
    pub comment: String,
    /// When it was made.
    pub created_at: Millis,
}

/// That a user is in a group.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Membership {
    /// The group.
    pub group: String,
    /// The user.
    pub user: String,
}

fn record(row: &AnyRow) -> Result<GroupRecord, StoreError> {
    Ok(GroupRecord {
        name: text(row, "group_name")?,
        comment: text(row, "comment")?,
        created_at: millis(row, "created_at")?,
    })
}

/// Adds a group; `false` when the name is taken.
///
/// # Errors
/// When the store fails.
pub async fn insert(tx: &mut Tx, it: &GroupRecord) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "INSERT INTO user_groups (group_name, folded, comment, created_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT DO NOTHING",
    )
    .bind(it.name.as_str())
    .bind(it.name.to_ascii_lowercase())
    .bind(it.comment.as_str())
    .bind(it.created_at.0)
    .execute(tx.connection())
    .await?;
    changed(tx, Part::Principals).await?;
    Ok(done.rows_affected() > 0)
}

/// The group of this name.
///
/// # Errors
/// When the store fails.
pub async fn get(tx: &mut Tx, name: &str) -> Result<Option<GroupRecord>, StoreError> {
    let row = sqlx::query("SELECT * FROM user_groups WHERE group_name = $1")
        .bind(name)
        .fetch_optional(tx.connection())
        .await?;
    row.as_ref().map(record).transpose()
}

/// Every group, in order of name.
///
/// # Errors
/// When the store fails.
pub async fn list(tx: &mut Tx) -> Result<Vec<GroupRecord>, StoreError> {
    let rows = sqlx::query("SELECT * FROM user_groups").fetch_all(tx.connection()).await?;
    let mut all: Vec<GroupRecord> = rows.iter().map(record).collect::<Result<_, _>>()?;
    all.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(all)
}

/// How many there are.
///
/// # Errors
/// When the store fails.
pub async fn count(tx: &mut Tx) -> Result<i64, StoreError> {
    let row = sqlx::query("SELECT COUNT(*) AS n FROM user_groups").fetch_one(tx.connection()).await?;
    int(&row, "n")
}

/// Deletes a group with its memberships and attachments; `false` if there was none.
///
/// # Errors
/// When the store fails.
pub async fn delete(tx: &mut Tx, name: &str) -> Result<bool, StoreError> {
    for part in [Part::Policies, Part::Principals] {
        hold(tx, part).await?;
    }
    sqlx::query("DELETE FROM members WHERE group_name = $1").bind(name).execute(tx.connection()).await?;
    policies::detach_all(tx, &format!("group/{name}")).await?;
    let done = sqlx::query("DELETE FROM user_groups WHERE group_name = $1")
        .bind(name)
        .execute(tx.connection())
        .await?;
    Ok(done.rows_affected() > 0)
}

/// Puts a user into a group; `false` when it was in it already. Both must be there.
///
/// # Errors
/// When the store fails.
pub async fn add_member(tx: &mut Tx, group: &str, user: &str) -> Result<bool, StoreError> {
    let done =
        sqlx::query("INSERT INTO members (group_name, user_name) VALUES ($1, $2) ON CONFLICT DO NOTHING")
            .bind(group)
            .bind(user)
            .execute(tx.connection())
            .await?;
    changed(tx, Part::Principals).await?;
    Ok(done.rows_affected() > 0)
}

/// Takes a user out of a group; `false` when it was not in it.
///
/// # Errors
/// When the store fails.
pub async fn remove_member(tx: &mut Tx, group: &str, user: &str) -> Result<bool, StoreError> {
    let done = sqlx::query("DELETE FROM members WHERE group_name = $1 AND user_name = $2")
        .bind(group)
        .bind(user)
        .execute(tx.connection())
        .await?;
    changed(tx, Part::Principals).await?;
    Ok(done.rows_affected() > 0)
}

/// Every membership, in order of group, then user.
///
/// # Errors
/// When the store fails.
pub async fn memberships(tx: &mut Tx) -> Result<Vec<Membership>, StoreError> {
    let rows = sqlx::query("SELECT group_name, user_name FROM members").fetch_all(tx.connection()).await?;
    let mut all: Vec<Membership> = rows
        .iter()
        .map(|row| Ok(Membership { group: text(row, "group_name")?, user: text(row, "user_name")? }))
        .collect::<Result<_, StoreError>>()?;
    all.sort();
    Ok(all)
}

/// How many groups a user is in.
///
/// # Errors
/// When the store fails.
pub async fn count_of(tx: &mut Tx, user: &str) -> Result<i64, StoreError> {
    let row = sqlx::query("SELECT COUNT(*) AS n FROM members WHERE user_name = $1")
        .bind(user)
        .fetch_one(tx.connection())
        .await?;
    int(&row, "n")
}
