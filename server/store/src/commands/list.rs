//! Commands as AWS lists them.

use pilothouse_api::commands::CommandState;
use pilothouse_protocol::{CommandId, InstanceId, Millis};
use sqlx::AssertSqlSafe;

use super::{CommandRecord, record};
use crate::rows::{limit, placeholders};
use crate::{StoreError, Tx};

/// Which commands to list.
#[derive(Clone, Debug, Default)]
pub struct CommandQuery {
    /// Sent to this node.
    pub instance: Option<InstanceId>,
    /// Asked for after this.
    pub after_time: Option<Millis>,
    /// Asked for before this.
    pub before_time: Option<Millis>,
    /// Of this document.
    pub document_name: Option<String>,
    /// In one of these states.
    pub states: Option<Vec<CommandState>>,
    /// Older than this one: where the page before ended.
    pub before: Option<(Millis, CommandId)>,
    /// Rows.
    pub limit: usize,
}

/// Commands of a region, newest first.
///
/// # Errors
/// When the store fails.
pub async fn list(tx: &mut Tx, region: &str, query: &CommandQuery) -> Result<Vec<CommandRecord>, StoreError> {
    let states = query.states.as_ref().map(|states| states.iter().map(|s| s.as_str()).collect::<Vec<_>>());
    let in_states = match &states {
        None => String::new(),
        Some(states) if states.is_empty() => return Ok(Vec::new()),
        Some(states) => format!(" AND state IN ({})", placeholders(9, states.len())),
    };
    let sql = format!(
        "SELECT * FROM commands WHERE region = $1 AND requested_at > $2 AND requested_at < $3
             AND ($4 = '' OR document_name = $4)
             AND ($5 = '' OR command_id IN (SELECT command_id FROM invocations WHERE instance_id = $5))
             AND (requested_at < $6 OR (requested_at = $6 AND command_id < $7)){in_states}
         ORDER BY requested_at DESC, command_id DESC LIMIT $8"
    );
    let (before, id) = query.before.as_ref().map_or((i64::MAX, ""), |(at, id)| (at.0, id.as_str()));
    let mut statement = sqlx::query(AssertSqlSafe(sql))
        .bind(region)
        .bind(query.after_time.map_or(i64::MIN, |at| at.0))
        .bind(query.before_time.map_or(i64::MAX, |at| at.0))
        .bind(query.document_name.as_deref().unwrap_or_default())
        .bind(query.instance.as_ref().map_or("", InstanceId::as_str))
        .bind(before)
        .bind(id)
        .bind(limit(query.limit));
    for state in states.into_iter().flatten() {
        statement = statement.bind(state);
    }
    let rows = statement.fetch_all(tx.connection()).await?;
    rows.iter().map(record).collect()
}

/// The newest commands of a region.
///
/// # Errors
/// When the store fails.
pub async fn recent(tx: &mut Tx, region: &str, count: usize) -> Result<Vec<CommandRecord>, StoreError> {
    list(tx, region, &CommandQuery { limit: count, ..CommandQuery::default() }).await
}
