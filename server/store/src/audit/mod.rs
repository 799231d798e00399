//! The audit trail: records in one chain, its two marks (head and floor), and what is sought in it.
//!
//! The store keeps what it is given; hashes and seals are the server's. Whoever appends takes places first, which locks the head
//! until the transaction ends: so the order of records is the order of commits, without a gap.

mod insert;
mod marks;
mod readers;
mod seek;

use pilothouse_protocol::Millis;
use sqlx::AssertSqlSafe;
use sqlx::any::AnyRow;

use crate::rows::{blob, flag, int, json, limit, millis, text};
use crate::{StoreError, Tx};

pub use insert::insert_many;
pub use marks::{Mark, Which, begin, floor, head, raise_floor, set_mark, take_places};
pub use readers::{Reading, readings, readings_by};
pub use seek::{Attribute, Sought, WINDOW, lookup, newest, since};

/// A call, allowed or refused. All of it but `previous` and `hash` is what `hash` is over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditRow {
    /// Its place in the chain, from 1.
    pub seq: i64,
    /// When.
    pub at: Millis,
    /// In which region.
    pub region: String,
    /// A UUID.
    pub event_id: String,
    /// `root`, `user/…`, `role/…`, `node/…` or `system`.
    pub who: String,
    /// CloudTrail's name for them.
    pub username: String,
    /// The key that signed; empty if there was none.
    pub access_key_id: String,
    /// What, such as `SendCommand`.
    pub operation: String,
    /// The permission that it needed.
    pub permission: String,
    /// Such as `ssm.amazonaws.com`.
    pub event_source: String,
    /// Whether it could only look.
    pub read_only: bool,
    /// `ok`, or the code of the error.
    pub outcome: String,
    /// The error's message, or the caller's reason.
    pub note: String,
    /// Address of the caller.
    pub source: String,
    /// What it touched: the first of them.
    pub resources: Vec<Touched>,
    /// How many it touched.
    pub resource_count: i64,
    /// Names of who called, in lower case, one a line: what a filter looks through.
    pub sought_who: String,
    /// Names and environments of what it touched, likewise.
    pub sought_where: String,
    /// The whole record as JSON text.
    pub record: String,
    /// The hash of the record before it.
    pub previous: Vec<u8>,
    /// The hash over `previous` and all members before it.
    pub hash: Vec<u8>,
}

/// A resource in a record.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct Touched {
    /// As `node/mi-…`.
    pub resource: String,
    /// AWS's name of its type.
    pub r#type: String,
    /// Its id.
    pub name: String,
}

const COLUMNS: &str = "seq, at, region, event_id, who, username, access_key_id, operation, permission, event_source, read_only, \
    outcome, note, source, resources, resource_count, sought_who, sought_where, record, previous, hash";

/// One record of a region.
///
/// # Errors
/// When the store fails.
pub async fn get(tx: &mut Tx, region: &str, seq: i64) -> Result<Option<AuditRow>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM audit_records WHERE region = $1 AND seq = $2");
    let query = sqlx::query(AssertSqlSafe(sql)).bind(region).bind(seq);
    query.fetch_optional(tx.connection()).await?.as_ref().map(read).transpose()
}

/// The next records of all regions, in the order of the chain.
///
/// # Errors
/// When the store fails.
pub async fn following(tx: &mut Tx, after: i64, count: usize) -> Result<Vec<AuditRow>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM audit_records WHERE seq > $1 ORDER BY seq LIMIT $2");
    let query = sqlx::query(AssertSqlSafe(sql)).bind(after).bind(limit(count));
    query.fetch_all(tx.connection()).await?.iter().map(read).collect()
}

/// The place of the first record that is not older than `at`; past the head when all are.
///
/// # Errors
/// When the store fails.
pub async fn first_since(tx: &mut Tx, at: Millis) -> Result<Option<i64>, StoreError> {
    let row = sqlx::query("SELECT seq FROM audit_records WHERE at >= $1 ORDER BY seq LIMIT 1").bind(at.0);
    row.fetch_optional(tx.connection()).await?.as_ref().map(|row| int(row, "seq")).transpose()
}

/// Place, time and hash of the oldest records, in the order of the chain.
///
/// # Errors
/// When the store fails.
pub async fn oldest(tx: &mut Tx, count: usize) -> Result<Vec<(i64, Millis, Vec<u8>)>, StoreError> {
    let query =
        sqlx::query("SELECT seq, at, hash FROM audit_records ORDER BY seq LIMIT $1").bind(limit(count));
    let rows = query.fetch_all(tx.connection()).await?;
    rows.iter().map(|row| Ok((int(row, "seq")?, millis(row, "at")?, blob(row, "hash")?))).collect()
}

/// Removes the records up to a place.
///
/// # Errors
/// When the store fails.
pub async fn remove_through(tx: &mut Tx, seq: i64) -> Result<(), StoreError> {
    for table in ["audit_resources", "audit_records"] {
        let sql = format!("DELETE FROM {table} WHERE seq <= $1");
        sqlx::query(AssertSqlSafe(sql)).bind(seq).execute(tx.connection()).await?;
    }
    Ok(())
}

/// Where the record stands that says it follows the one with this hash.
///
/// # Errors
/// When the store fails.
pub async fn successor_of(tx: &mut Tx, hash: &[u8]) -> Result<Option<i64>, StoreError> {
    let query = sqlx::query("SELECT seq FROM audit_records WHERE previous = $1 LIMIT 1").bind(hash);
    query.fetch_optional(tx.connection()).await?.as_ref().map(|row| int(row, "seq")).transpose()
}

/// A line of the index by which [`lookup`] finds what a record touched.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Indexed {
    /// The record.
    pub seq: i64,
    /// Its region.
    pub region: String,
    /// Its time.
    pub at: Millis,
    /// What it touched.
    pub touched: Touched,
}

/// The index of the records in this range, both ends included, in order.
///
/// # Errors
/// When the store fails.
pub async fn indexed(tx: &mut Tx, from: i64, to: i64) -> Result<Vec<Indexed>, StoreError> {
    let sql =
        "SELECT seq, resource, region, at, type, name FROM audit_resources WHERE seq >= $1 AND seq <= $2";
    let rows = sqlx::query(sql).bind(from).bind(to).fetch_all(tx.connection()).await?;
    let line = |row| {
        let touched = Touched {
            resource: text(row, "resource")?,
            r#type: text(row, "type")?,
            name: text(row, "name")?,
        };
        Ok(Indexed { seq: int(row, "seq")?, region: text(row, "region")?, at: millis(row, "at")?, touched })
    };
    let mut lines = rows.iter().map(line).collect::<Result<Vec<_>, StoreError>>()?;
    lines.sort();
    Ok(lines)
}

fn read(row: &AnyRow) -> Result<AuditRow, StoreError> {
    Ok(AuditRow {
        seq: int(row, "seq")?,
        at: millis(row, "at")?,
        region: text(row, "region")?,
        event_id: text(row, "event_id")?,
        who: text(row, "who")?,
        username: text(row, "username")?,
        access_key_id: text(row, "access_key_id")?,
        operation: text(row, "operation")?,
        permission: text(row, "permission")?,
        event_source: text(row, "event_source")?,
        read_only: flag(row, "read_only")?,
        outcome: text(row, "outcome")?,
        note: text(row, "note")?,
        source: text(row, "source")?,
        resources: json(row, "resources")?,
        resource_count: int(row, "resource_count")?,
        sought_who: text(row, "sought_who")?,
        sought_where: text(row, "sought_where")?,
        record: text(row, "record")?,
        previous: blob(row, "previous")?,
        hash: blob(row, "hash")?,
    })
}
