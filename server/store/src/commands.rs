//! Commands.

mod list;
mod standing;
mod throttle;

use std::collections::{BTreeMap, BTreeSet};

use pilothouse_api::commands::{CommandState, Target};
use pilothouse_api::topics::Revision;
use pilothouse_document::Resolved;
use pilothouse_protocol::{CommandId, InvocationState, Millis};
use sqlx::AssertSqlSafe;
use sqlx::any::AnyRow;

use crate::rows::{flag, int, json, limit, maybe_int, millis, parsed, text, to_json, values};
use crate::{StoreError, Tx};

pub use list::{CommandQuery, list, recent};
pub use standing::{Standing, standing};
pub use throttle::{hold, throttle};

/// A command.
#[derive(Clone, Debug, PartialEq)]
pub struct CommandRecord {
    /// Where.
    pub region: String,
    /// Its id.
    pub command_id: CommandId,
    /// Its document.
    pub document_name: String,
    /// As given; empty for the default.
    pub document_version: String,
    /// The document's content, JSON.
    pub document: String,
    /// For people.
    pub comment: String,
    /// Values of the document's parameters.
    pub parameters: BTreeMap<String, Vec<String>>,
    /// What references in document and values stood for when it was sent.
    pub resolved: Resolved,
    /// As given.
    pub targets: Vec<Target>,
    /// As given.
    pub instance_ids: Vec<String>,
    /// Who asked.
    pub requested_by: String,
    /// The same as the server needs it to do in that one's name what the command's nodes ask for; null if nobody can.
    pub sender: serde_json::Value,
    /// When.
    pub requested_at: Millis,
    /// What was not sent by then is not sent any more.
    pub start_by: Millis,
    /// What is not over by then is over.
    pub expires_at: Millis,
    /// Delivery time-out in seconds.
    pub timeout_seconds: i64,
    /// As given, or the default.
    pub max_concurrency: String,
    /// As given, or the default.
    pub max_errors: String,
    /// Members that are only given back.
    pub echo: serde_json::Value,
    /// Where it stands.
    pub state: CommandState,
    /// Environments that its targets had when it was sent; an empty text for targets without one.
    pub environments: BTreeSet<String>,
    /// Runs.
    pub target_count: i64,
    /// All of it was asked to stop.
    pub cancel_requested: bool,
    /// Nothing more is sent for now.
    pub paused: bool,
    /// Nothing more is sent.
    pub aborted: bool,
    /// When it was over.
    pub finished_at: Option<Millis>,
    /// Runs per state.
    pub counts: BTreeMap<InvocationState, u32>,
    /// Revision of its last change; set by the store.
    pub revision: Revision,
}

fn state(row: &AnyRow) -> Result<CommandState, StoreError> {
    let state = text(row, "state")?;
    CommandState::parse(&state)
        .ok_or_else(|| StoreError::Corrupt { what: format!("{state} is no state of a command") })
}

pub(crate) fn record(row: &AnyRow) -> Result<CommandRecord, StoreError> {
    Ok(CommandRecord {
        region: text(row, "region")?,
        command_id: parsed(row, "command_id")?,
        document_name: text(row, "document_name")?,
        document_version: text(row, "document_version")?,
        document: text(row, "document")?,
        comment: text(row, "comment")?,
        parameters: json(row, "parameters")?,
        resolved: json(row, "resolved")?,
        targets: json(row, "targets")?,
        instance_ids: json(row, "instance_ids")?,
        requested_by: text(row, "requested_by")?,
        sender: json(row, "sender")?,
        requested_at: millis(row, "requested_at")?,
        start_by: millis(row, "start_by")?,
        expires_at: millis(row, "expires_at")?,
        timeout_seconds: int(row, "timeout_seconds")?,
        max_concurrency: text(row, "max_concurrency")?,
        max_errors: text(row, "max_errors")?,
        echo: json(row, "echo")?,
        state: state(row)?,
        environments: json(row, "environments")?,
        target_count: int(row, "target_count")?,
        cancel_requested: flag(row, "cancel_requested")?,
        paused: flag(row, "paused")?,
        aborted: flag(row, "aborted")?,
        finished_at: maybe_int(row, "finished_at")?.map(Millis),
        counts: json(row, "counts")?,
        revision: int(row, "revision")?,
    })
}

/// What a new row holds; the rest begins as its column says.
const INSERTED: &str = "command_id, region, document_name, document_version, document, comment, parameters, targets, instance_ids,
    requested_by, requested_at, start_by, expires_at, timeout_seconds, max_concurrency, max_errors, echo, state, is_over,
    target_count, cancel_requested, counts, revision, environments, resolved, sender, finished_at";

/// Adds a command.
///
/// # Errors
/// When the store fails.
pub async fn insert(tx: &mut Tx, it: &CommandRecord) -> Result<(), StoreError> {
    let revision = tx.revision(&it.region).await?;
    let sql = format!("INSERT INTO commands ({INSERTED}) VALUES {}", values(1, 27));
    sqlx::query(AssertSqlSafe(sql))
        .bind(it.command_id.as_str())
        .bind(it.region.as_str())
        .bind(it.document_name.as_str())
        .bind(it.document_version.as_str())
        .bind(it.document.as_str())
        .bind(it.comment.as_str())
        .bind(to_json(&it.parameters)?)
        .bind(to_json(&it.targets)?)
        .bind(to_json(&it.instance_ids)?)
        .bind(it.requested_by.as_str())
        .bind(it.requested_at.0)
        .bind(it.start_by.0)
        .bind(it.expires_at.0)
        .bind(it.timeout_seconds)
        .bind(it.max_concurrency.as_str())
        .bind(it.max_errors.as_str())
        .bind(to_json(&it.echo)?)
        .bind(it.state.as_str())
        .bind(i64::from(it.state.is_terminal()))
        .bind(it.target_count)
        .bind(i64::from(it.cancel_requested))
        .bind(to_json(&it.counts)?)
        .bind(revision)
        .bind(to_json(&it.environments)?)
        .bind(to_json(&it.resolved)?)
        .bind(to_json(&it.sender)?)
        .bind(it.finished_at.map(|at| at.0))
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Saves what its runs and requests to stop change: state, counts, the requests; under this transaction's revision.
///
/// # Errors
/// When the store fails.
pub async fn save(tx: &mut Tx, it: &CommandRecord) -> Result<(), StoreError> {
    let revision = tx.revision(&it.region).await?;
    sqlx::query(
        "UPDATE commands SET state = $2, is_over = $3, cancel_requested = $4, counts = $5, revision = $6, aborted = $7,
             finished_at = $8
         WHERE command_id = $1",
    )
    .bind(it.command_id.as_str())
    .bind(it.state.as_str())
    .bind(i64::from(it.state.is_terminal()))
    .bind(i64::from(it.cancel_requested))
    .bind(to_json(&it.counts)?)
    .bind(revision)
    .bind(i64::from(it.aborted))
    .bind(it.finished_at.map(|at| at.0))
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// The command with this id.
///
/// # Errors
/// When the store fails.
pub async fn get(tx: &mut Tx, region: &str, id: &CommandId) -> Result<Option<CommandRecord>, StoreError> {
    let row = sqlx::query("SELECT * FROM commands WHERE command_id = $1 AND region = $2")
        .bind(id.as_str())
        .bind(region)
        .fetch_optional(tx.connection())
        .await?;
    row.as_ref().map(record).transpose()
}

/// Commands that changed after a revision, in its order; those that share the last revision all stand on the page.
///
/// # Errors
/// When the store fails.
pub async fn changed(
    tx: &mut Tx,
    region: &str,
    after: Revision,
    count: usize,
) -> Result<Vec<CommandRecord>, StoreError> {
    let rows = sqlx::query(
        "SELECT * FROM commands WHERE region = $1 AND revision > $2 AND revision <= COALESCE(
             (SELECT revision FROM commands WHERE region = $1 AND revision > $2 ORDER BY revision LIMIT 1 OFFSET $3),
             9223372036854775807)
         ORDER BY revision, command_id",
    )
    .bind(region)
    .bind(after)
    .bind(limit(count.saturating_sub(1)))
    .fetch_all(tx.connection())
    .await?;
    rows.iter().map(record).collect()
}

/// Commands of all regions that may have work for the dispatcher, oldest first: runs that wait for a node which has a live link,
/// or failed ones, which may have used the error limit up. What waits for nodes that are away keeps nobody waiting.
///
/// # Errors
/// When the store fails.
pub async fn ready(tx: &mut Tx, count: usize) -> Result<Vec<CommandRecord>, StoreError> {
    let rows = sqlx::query(
        "SELECT * FROM commands WHERE is_over = 0 AND paused = 0 AND (
             EXISTS (SELECT 1 FROM invocations JOIN nodes ON nodes.instance_id = invocations.instance_id
                 WHERE invocations.command_id = commands.command_id AND invocations.state = 'Pending'
                     AND nodes.connected = 1 AND nodes.gone = 0)
             OR EXISTS (SELECT 1 FROM invocations WHERE invocations.command_id = commands.command_id
                 AND invocations.state IN ('Failed', 'ExecutionTimedOut')))
         ORDER BY requested_at LIMIT $1",
    )
    .bind(limit(count))
    .fetch_all(tx.connection())
    .await?;
    rows.iter().map(record).collect()
}
