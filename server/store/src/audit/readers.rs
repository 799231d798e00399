//! Who did something to one resource, newest first: a look at its line in the index, of so many records at most.

use pilothouse_protocol::Millis;
use sqlx::AssertSqlSafe;
use sqlx::any::AnyRow;

use crate::rows::{int, limit, millis, placeholders, text};
use crate::{StoreError, Tx};

/// A call that went well, as far as it tells who read what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// Its place in the chain.
    pub seq: i64,
    /// When.
    pub at: Millis,
    /// Who.
    pub who: String,
    /// What was called.
    pub operation: String,
    /// The whole record as JSON text.
    pub record: String,
}

const COLUMNS: &str = "r.seq, r.at, r.who, r.operation, r.record";

fn read(row: &AnyRow) -> Result<Reading, StoreError> {
    Ok(Reading {
        seq: int(row, "seq")?,
        at: millis(row, "at")?,
        who: text(row, "who")?,
        operation: text(row, "operation")?,
        record: text(row, "record")?,
    })
}

/// Calls of these operations on the resource of this name, not before `from`, among the newest `count` records that touched it;
/// and since when these are all that there were.
///
/// # Errors
/// When the store fails.
pub async fn readings(
    tx: &mut Tx,
    region: &str,
    name: &str,
    operations: &[&str],
    from: Millis,
    count: usize,
) -> Result<(Vec<Reading>, Millis), StoreError> {
    let touched =
        "SELECT a.at, a.seq FROM audit_resources a WHERE a.region = $1 AND a.name = $2 AND a.at >= $3
         GROUP BY a.at, a.seq ORDER BY a.at DESC, a.seq DESC LIMIT $4";
    let sql = format!("SELECT COUNT(*) AS count, MIN(page.at) AS oldest FROM ({touched}) AS page");
    let query = sqlx::query(AssertSqlSafe(sql)).bind(region).bind(name).bind(from.0).bind(limit(count));
    let row = query.fetch_one(tx.connection()).await?;
    let is_full = int(&row, "count")? >= limit(count);
    let since = if is_full { millis(&row, "oldest")? } else { from };
    let sql = format!(
        "SELECT {COLUMNS} FROM audit_records r WHERE r.seq IN (SELECT page.seq FROM ({touched}) AS page)
         AND r.outcome = 'ok' AND r.operation IN ({}) ORDER BY r.at DESC, r.seq DESC",
        placeholders(5, operations.len())
    );
    let query = sqlx::query(AssertSqlSafe(sql)).bind(region).bind(name).bind(from.0).bind(limit(count));
    let rows = operations.iter().fold(query, |query, it| query.bind(*it)).fetch_all(tx.connection()).await?;
    Ok((rows.iter().map(read).collect::<Result<_, _>>()?, since))
}

/// The newest calls of one operation, not before `from`, that touched more than `named`: the records do not name all of it.
///
/// # Errors
/// When the store fails.
pub async fn readings_by(
    tx: &mut Tx,
    region: &str,
    operation: &str,
    named: usize,
    from: Millis,
    count: usize,
) -> Result<Vec<Reading>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM audit_records r WHERE r.region = $1 AND r.operation = $2 AND r.at >= $3 AND r.outcome = 'ok'
         AND r.resource_count > $5 ORDER BY r.at DESC, r.seq DESC LIMIT $4"
    );
    let query = sqlx::query(AssertSqlSafe(sql)).bind(region).bind(operation).bind(from.0).bind(limit(count));
    let query = query.bind(limit(named));
    query.fetch_all(tx.connection()).await?.iter().map(read).collect()
}
