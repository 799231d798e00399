//! With whom documents are shared.

use std::collections::{BTreeMap, BTreeSet};

use crate::rows::{int, text};
use crate::{StoreError, Tx};

/// Stands for every account.
pub const EVERYBODY: &str = "all";

/// The accounts that a document is shared with, in order, with what is shared of it.
///
/// # Errors
/// When the store fails.
pub async fn shares(tx: &mut Tx, region: &str, name: &str) -> Result<BTreeMap<String, String>, StoreError> {
    let rows =
        sqlx::query("SELECT account, shared_version FROM document_shares WHERE region = $1 AND name = $2")
            .bind(region)
            .bind(name)
            .fetch_all(tx.connection())
            .await?;
    rows.iter().map(|row| Ok((text(row, "account")?, text(row, "shared_version")?))).collect()
}

/// Shares a document with an account.
///
/// # Errors
/// When the store fails.
pub async fn share(
    tx: &mut Tx,
    region: &str,
    name: &str,
    account: &str,
    shared_version: &str,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO document_shares (region, name, account, shared_version) VALUES ($1, $2, $3, $4)
         ON CONFLICT (region, name, account) DO UPDATE SET shared_version = excluded.shared_version",
    )
    .bind(region)
    .bind(name)
    .bind(account)
    .bind(shared_version)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Does not share a document with an account any more.
///
/// # Errors
/// When the store fails.
pub async fn unshare(tx: &mut Tx, region: &str, name: &str, account: &str) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM document_shares WHERE region = $1 AND name = $2 AND account = $3")
        .bind(region)
        .bind(name)
        .bind(account)
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// How many documents of a region are shared with everybody.
///
/// # Errors
/// When the store fails.
pub async fn public_count(tx: &mut Tx, region: &str) -> Result<i64, StoreError> {
    let sql = "SELECT COUNT(*) AS count FROM document_shares WHERE region = $1 AND account = $2";
    int(&sqlx::query(sql).bind(region).bind(EVERYBODY).fetch_one(tx.connection()).await?, "count")
}

/// Names of the documents of a region that are shared with everybody.
///
/// # Errors
/// When the store fails.
pub async fn public(tx: &mut Tx, region: &str) -> Result<BTreeSet<String>, StoreError> {
    let sql = "SELECT name FROM document_shares WHERE region = $1 AND account = $2";
    let rows = sqlx::query(sql).bind(region).bind(EVERYBODY).fetch_all(tx.connection()).await?;
    rows.iter().map(|row| text(row, "name")).collect()
}
