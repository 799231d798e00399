//! The audit trail: one row per call.

use pilothouse_protocol::Millis;
use sqlx::AssertSqlSafe;

use crate::rows::{MAX_BINDS, flag, limit, millis, text, values};
use crate::{StoreError, Tx};

/// A call, allowed or refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRecord {
    /// When.
    pub at: Millis,
    /// In which region; empty for the server itself.
    pub region: String,
    /// Who.
    pub caller: String,
    /// What, such as `SendCommand`.
    pub operation: String,
    /// The permission it needed.
    pub permission: String,
    /// Whether it could only look.
    pub read_only: bool,
    /// `ok`, or the code of the error.
    pub outcome: String,
    /// As told to the caller.
    pub request_id: String,
    /// Address of the caller.
    pub source: String,
}

const WIDTH: usize = 9;

/// Adds rows.
///
/// # Errors
/// When the store fails.
pub async fn append_many(tx: &mut Tx, records: &[AuditRecord]) -> Result<(), StoreError> {
    for group in records.chunks(MAX_BINDS / WIDTH) {
        let sql = format!(
            "INSERT INTO audit (at, region, caller, operation, permission, read_only, outcome, request_id, source) VALUES {}",
            values(group.len(), WIDTH)
        );
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for record in group {
            query = query
                .bind(record.at.0)
                .bind(record.region.as_str())
                .bind(record.caller.as_str())
                .bind(record.operation.as_str())
                .bind(record.permission.as_str())
                .bind(i64::from(record.read_only))
                .bind(record.outcome.as_str())
                .bind(record.request_id.as_str())
                .bind(record.source.as_str());
        }
        query.execute(tx.connection()).await?;
    }
    Ok(())
}

/// The newest rows of a region, newest first.
///
/// # Errors
/// When the store fails.
pub async fn list(tx: &mut Tx, region: &str, count: usize) -> Result<Vec<AuditRecord>, StoreError> {
    let rows = sqlx::query("SELECT * FROM audit WHERE region = $1 ORDER BY at DESC LIMIT $2")
        .bind(region)
        .bind(limit(count))
        .fetch_all(tx.connection())
        .await?;
    rows.iter()
        .map(|row| {
            Ok(AuditRecord {
                at: millis(row, "at")?,
                region: text(row, "region")?,
                caller: text(row, "caller")?,
                operation: text(row, "operation")?,
                permission: text(row, "permission")?,
                read_only: flag(row, "read_only")?,
                outcome: text(row, "outcome")?,
                request_id: text(row, "request_id")?,
                source: text(row, "source")?,
            })
        })
        .collect()
}
