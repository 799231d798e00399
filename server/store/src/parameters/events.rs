//! What happened to parameters: the newest of it, for whoever follows them. The log is bounded; where it was cut stands beside it.

use std::collections::BTreeMap;

use pilothouse_api::topics::{ParameterOperation, Revision};
use pilothouse_protocol::Millis;
use sqlx::any::AnyRow;

use super::VersionRecord;
use crate::rows::{int, json, limit, maybe_int, millis, parsed, text, to_json};
use crate::{StoreError, Tx};

/// The most events that are kept of a region.
pub const KEPT: usize = 100_000;

/// Something that happened to a parameter.
#[derive(Clone, Debug, PartialEq)]
pub struct EventRecord {
    /// Where it lives.
    pub region: String,
    /// Its place in the order of all changes of the region; not looked at when it is appended.
    pub revision: Revision,
    /// When.
    pub at: Millis,
    /// The name with a slash before it.
    pub path: String,
    /// As it was made.
    pub name: String,
    /// What.
    pub operation: ParameterOperation,
    /// Which version it is about, if it is about one.
    pub version: Option<i64>,
    /// String, StringList or SecureString.
    pub kind: String,
    /// By whom.
    pub by: String,
    /// For people: labels, tags, the policy; never a value.
    pub detail: String,
    /// The tags that it has; if they changed, then also those that it had.
    pub tags: Vec<BTreeMap<String, String>>,
}

impl EventRecord {
    /// What happened to a version's parameter.
    #[must_use]
    pub fn of(it: &VersionRecord, operation: ParameterOperation, at: Millis, by: String) -> Self {
        Self {
            region: it.region.clone(),
            revision: 0,
            at,
            path: it.path.clone(),
            name: it.name.clone(),
            operation,
            version: Some(it.version),
            kind: it.kind.clone(),
            by,
            detail: String::new(),
            tags: Vec::new(),
        }
    }
}

/// Appends an event, under the revision of the transaction.
///
/// # Errors
/// When the store fails.
pub async fn append(tx: &mut Tx, it: &EventRecord) -> Result<(), StoreError> {
    let revision = tx.revision(&it.region).await?;
    let query = sqlx::query(
        "INSERT INTO parameter_events (region, revision, place, at, path, name, operation, version, kind, made_by, detail, tags)
         VALUES ($1, $2, (SELECT COALESCE(MAX(e.place), 0) + 1 FROM parameter_events e WHERE e.region = $1 AND e.revision = $2),
             $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind(it.region.as_str())
    .bind(revision)
    .bind(it.at.0)
    .bind(it.path.as_str())
    .bind(it.name.as_str())
    .bind(it.operation.as_str())
    .bind(it.version)
    .bind(it.kind.as_str())
    .bind(it.by.as_str())
    .bind(it.detail.as_str())
    .bind(to_json(&it.tags)?);
    tx.later(query)
}

fn event(row: &AnyRow) -> Result<EventRecord, StoreError> {
    Ok(EventRecord {
        region: text(row, "region")?,
        revision: int(row, "revision")?,
        at: millis(row, "at")?,
        path: text(row, "path")?,
        name: text(row, "name")?,
        operation: parsed(row, "operation")?,
        version: maybe_int(row, "version")?,
        kind: text(row, "kind")?,
        by: text(row, "made_by")?,
        detail: text(row, "detail")?,
        tags: json(row, "tags")?,
    })
}

const SELECT: &str =
    "SELECT region, revision, at, path, name, operation, version, kind, made_by, detail, tags
     FROM parameter_events";

/// Events after a revision, in order; of each revision all, and so perhaps more than `count`. Whether more follow.
///
/// # Errors
/// When the store fails.
pub async fn since(
    tx: &mut Tx,
    region: &str,
    after: Revision,
    count: usize,
) -> Result<(Vec<EventRecord>, bool), StoreError> {
    let sql = format!("{SELECT} WHERE region = $1 AND revision > $2 ORDER BY revision, place LIMIT $3");
    let query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(region).bind(after).bind(limit(count));
    let rows = query.fetch_all(tx.connection()).await?;
    let mut found = rows.iter().map(event).collect::<Result<Vec<_>, _>>()?;
    if found.len() < count {
        return Ok((found, false));
    }
    let last = found.last().map_or(after, |it| it.revision);
    if found.first().is_some_and(|it| it.revision < last) {
        found.retain(|it| it.revision < last);
        return Ok((found, true));
    }
    let sql = format!("{SELECT} WHERE region = $1 AND revision = $2 ORDER BY place");
    let rows =
        sqlx::query(sqlx::AssertSqlSafe(sql)).bind(region).bind(last).fetch_all(tx.connection()).await?;
    Ok((rows.iter().map(event).collect::<Result<_, _>>()?, true))
}

/// The newest revision of which events were dropped; who has read less has missed something.
///
/// # Errors
/// When the store fails.
pub async fn dropped(tx: &mut Tx, region: &str) -> Result<Revision, StoreError> {
    let row = sqlx::query("SELECT dropped FROM parameter_event_marks WHERE region = $1")
        .bind(region)
        .fetch_optional(tx.connection())
        .await?;
    row.map_or(Ok(0), |row| int(&row, "dropped"))
}

/// Drops what is older than `before`, and of each region what exceeds the newest `kept`. How many.
///
/// # Errors
/// When the store fails.
pub async fn sweep(tx: &mut Tx, before: Millis, kept: usize) -> Result<u64, StoreError> {
    let regions =
        sqlx::query("SELECT DISTINCT region FROM parameter_events").fetch_all(tx.connection()).await?;
    let mut swept = 0;
    for region in &regions {
        let region = text(region, "region")?;
        if let Some(upto) = superfluous(tx, &region, before, kept).await? {
            swept += drop_upto(tx, &region, upto).await?;
        }
    }
    Ok(swept)
}

/// The newest revision whose events are not to be kept.
async fn superfluous(
    tx: &mut Tx,
    region: &str,
    before: Millis,
    kept: usize,
) -> Result<Option<Revision>, StoreError> {
    let old = sqlx::query("SELECT MAX(revision) AS upto FROM parameter_events WHERE region = $1 AND at < $2")
        .bind(region)
        .bind(before.0)
        .fetch_one(tx.connection())
        .await?;
    let many = sqlx::query(
        "SELECT revision FROM parameter_events WHERE region = $1 ORDER BY revision DESC, place DESC LIMIT 1 OFFSET $2",
    )
    .bind(region)
    .bind(limit(kept))
    .fetch_optional(tx.connection())
    .await?;
    let many = many.map(|row| int(&row, "revision")).transpose()?;
    Ok(maybe_int(&old, "upto")?.max(many))
}

async fn drop_upto(tx: &mut Tx, region: &str, upto: Revision) -> Result<u64, StoreError> {
    let done = sqlx::query("DELETE FROM parameter_events WHERE region = $1 AND revision <= $2")
        .bind(region)
        .bind(upto)
        .execute(tx.connection())
        .await?;
    sqlx::query(
        "INSERT INTO parameter_event_marks (region, dropped) VALUES ($1, $2)
         ON CONFLICT (region) DO UPDATE SET dropped = excluded.dropped",
    )
    .bind(region)
    .bind(upto)
    .execute(tx.connection())
    .await?;
    Ok(done.rows_affected())
}
