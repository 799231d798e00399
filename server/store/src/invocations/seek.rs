//! What operators and followers ask.

use std::collections::BTreeMap;

use pilothouse_api::topics::Revision;
use pilothouse_protocol::{CommandId, InstanceId, InvocationState, Millis};
use sqlx::{AssertSqlSafe, Row};

use super::{InvocationRecord, records};
use crate::rows::{flag, int, limit, parsed, placeholders};
use crate::{StoreError, Tx};

/// Which runs to list.
#[derive(Clone, Debug, Default)]
pub struct InvocationQuery {
    /// Of this command.
    pub command: Option<CommandId>,
    /// On this node.
    pub instance: Option<InstanceId>,
    /// Asked for after this.
    pub after_time: Option<Millis>,
    /// Asked for before this.
    pub before_time: Option<Millis>,
    /// In one of these states.
    pub states: Option<Vec<InvocationState>>,
    /// Of this document.
    pub document_name: Option<String>,
    /// After this one in the listing's order: where the page before ended.
    pub before: Option<(Millis, CommandId, i64)>,
    /// Rows.
    pub limit: usize,
}

/// Runs of a command in order of position, after this position, in one of these states.
///
/// # Errors
/// When the store fails.
pub async fn page(
    tx: &mut Tx,
    region: &str,
    command: &CommandId,
    after: Option<i64>,
    states: Option<&[InvocationState]>,
    count: usize,
) -> Result<Vec<InvocationRecord>, StoreError> {
    let in_states = match states {
        None => String::new(),
        Some([]) => return Ok(Vec::new()),
        Some(states) => format!(" AND state IN ({})", placeholders(5, states.len())),
    };
    let sql = format!(
        "SELECT * FROM invocations WHERE command_id = $1 AND region = $2 AND position > $3{in_states}
         ORDER BY position LIMIT $4"
    );
    let mut query = sqlx::query(AssertSqlSafe(sql))
        .bind(command.as_str())
        .bind(region)
        .bind(after.unwrap_or(-1))
        .bind(limit(count));
    for state in states.unwrap_or_default() {
        query = query.bind(state.as_str());
    }
    records(query.fetch_all(tx.connection()).await?)
}

/// Runs of a region, newest command first, each command's in order of position.
///
/// # Errors
/// When the store fails.
pub async fn list(
    tx: &mut Tx,
    region: &str,
    query: &InvocationQuery,
) -> Result<Vec<InvocationRecord>, StoreError> {
    let states = query.states.as_ref().map(|states| states.iter().map(|s| s.as_str()).collect::<Vec<_>>());
    let in_states = match &states {
        None => String::new(),
        Some(states) if states.is_empty() => return Ok(Vec::new()),
        Some(states) => format!(" AND state IN ({})", placeholders(11, states.len())),
    };
    let sql = format!(
        "SELECT * FROM invocations WHERE region = $1 AND requested_at > $2 AND requested_at < $3
             AND ($4 = '' OR document_name = $4) AND ($5 = '' OR command_id = $5) AND ($6 = '' OR instance_id = $6)
             AND (requested_at < $7 OR (requested_at = $7 AND (command_id < $8 OR (command_id = $8 AND position > $9))))
             {in_states}
         ORDER BY requested_at DESC, command_id DESC, position LIMIT $10"
    );
    let (before, id, position) =
        query.before.as_ref().map_or((i64::MAX, "", 0), |(at, id, position)| (at.0, id.as_str(), *position));
    let mut statement = sqlx::query(AssertSqlSafe(sql))
        .bind(region)
        .bind(query.after_time.map_or(i64::MIN, |at| at.0))
        .bind(query.before_time.map_or(i64::MAX, |at| at.0))
        .bind(query.document_name.as_deref().unwrap_or_default())
        .bind(query.command.as_ref().map_or("", CommandId::as_str))
        .bind(query.instance.as_ref().map_or("", InstanceId::as_str))
        .bind(before)
        .bind(id)
        .bind(position)
        .bind(limit(query.limit));
    for state in states.into_iter().flatten() {
        statement = statement.bind(state);
    }
    records(statement.fetch_all(tx.connection()).await?)
}

/// How many runs of a command stand in each state.
///
/// # Errors
/// When the store fails.
pub async fn counts(tx: &mut Tx, command: &CommandId) -> Result<BTreeMap<InvocationState, u32>, StoreError> {
    let rows =
        sqlx::query("SELECT state, COUNT(*) AS runs FROM invocations WHERE command_id = $1 GROUP BY state")
            .bind(command.as_str())
            .fetch_all(tx.connection())
            .await?;
    rows.iter()
        .map(|row| {
            Ok((parsed(row, "state")?, u32::try_from(row.try_get::<i64, _>("runs")?).unwrap_or(u32::MAX)))
        })
        .collect()
}

/// Runs of a command that changed after a revision, in its order; those that share the last revision all stand on the page.
///
/// # Errors
/// When the store fails.
pub async fn changed(
    tx: &mut Tx,
    region: &str,
    command: &CommandId,
    after: Revision,
    count: usize,
) -> Result<Vec<InvocationRecord>, StoreError> {
    let rows = sqlx::query(
        "SELECT * FROM invocations WHERE command_id = $1 AND region = $2 AND revision > $3 AND revision <= COALESCE(
             (SELECT revision FROM invocations WHERE command_id = $1 AND revision > $3 ORDER BY revision LIMIT 1 OFFSET $4),
             9223372036854775807)
         ORDER BY revision, instance_id",
    )
    .bind(command.as_str())
    .bind(region)
    .bind(after)
    .bind(limit(count.saturating_sub(1)))
    .fetch_all(tx.connection())
    .await?;
    records(rows)
}

/// Where the stored output of a run ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputEnd {
    /// On which node.
    pub instance_id: InstanceId,
    /// The end in bytes.
    pub end: u64,
    /// Whether the run is over.
    pub is_over: bool,
    /// When the run changed last.
    pub revision: Revision,
}

/// The runs of a command that have output and changed after a revision, in order of change, then of position.
///
/// # Errors
/// When the store fails.
pub async fn output_ends(
    tx: &mut Tx,
    region: &str,
    command: &CommandId,
    after: Revision,
) -> Result<Vec<OutputEnd>, StoreError> {
    let rows = sqlx::query(
        "SELECT instance_id, output_end, is_over, revision FROM invocations
         WHERE command_id = $1 AND region = $2 AND revision > $3 AND output_end > 0 ORDER BY revision, position",
    )
    .bind(command.as_str())
    .bind(region)
    .bind(after)
    .fetch_all(tx.connection())
    .await?;
    rows.iter()
        .map(|row| {
            let end = u64::try_from(int(row, "output_end")?).unwrap_or(0);
            Ok(OutputEnd {
                instance_id: parsed(row, "instance_id")?,
                end,
                is_over: flag(row, "is_over")?,
                revision: int(row, "revision")?,
            })
        })
        .collect()
}

/// Bytes of output that are stored of all runs of a command.
///
/// # Errors
/// When the store fails.
pub async fn output_total(tx: &mut Tx, region: &str, command: &CommandId) -> Result<u64, StoreError> {
    let row = sqlx::query(
        "SELECT CAST(COALESCE(SUM(output_end), 0) AS BIGINT) AS total FROM invocations WHERE command_id = $1 AND region = $2",
    )
    .bind(command.as_str())
    .bind(region)
    .fetch_one(tx.connection())
    .await?;
    Ok(u64::try_from(int(&row, "total")?).unwrap_or(0))
}
