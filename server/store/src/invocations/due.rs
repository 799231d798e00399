//! What the scheduler and the gateway ask.

use std::collections::BTreeSet;

use pilothouse_protocol::{CommandId, InstanceId, InvocationState, Millis};
use sqlx::AssertSqlSafe;

use super::{InvocationRecord, records};
use crate::rows::{int, limit, parsed, placeholders, portions};
use crate::{StoreError, Tx};

/// Pending runs of a command whose node has a live link, in order of position.
///
/// # Errors
/// When the store fails.
pub async fn unsent(
    tx: &mut Tx,
    command: &CommandId,
    after: Option<i64>,
    count: usize,
) -> Result<Vec<InvocationRecord>, StoreError> {
    let rows = sqlx::query(
        "SELECT invocations.* FROM invocations JOIN nodes ON nodes.instance_id = invocations.instance_id
         WHERE invocations.command_id = $1 AND invocations.state = 'Pending' AND nodes.connected = 1 AND nodes.gone = 0
             AND invocations.position > $2
         ORDER BY invocations.position LIMIT $3",
    )
    .bind(command.as_str())
    .bind(after.unwrap_or(-1))
    .bind(limit(count))
    .fetch_all(tx.connection())
    .await?;
    records(rows)
}

/// How many runs of a command were handed over, are not accepted yet, and went to nodes that have no live link any more.
///
/// # Errors
/// When the store fails.
pub async fn lost(tx: &mut Tx, command: &CommandId) -> Result<u64, StoreError> {
    let row = sqlx::query(
        "SELECT COUNT(*) AS runs FROM invocations JOIN nodes ON nodes.instance_id = invocations.instance_id
         WHERE invocations.command_id = $1 AND invocations.state = 'Delayed' AND nodes.connected = 0",
    )
    .bind(command.as_str())
    .fetch_one(tx.connection())
    .await?;
    Ok(u64::try_from(int(&row, "runs")?).unwrap_or(0))
}

/// Notes that pending runs of a command were handed to the links of their nodes.
///
/// # Errors
/// When the store fails.
pub async fn hand_over(
    tx: &mut Tx,
    region: &str,
    command: &CommandId,
    instances: &[&InstanceId],
    at: Millis,
) -> Result<(), StoreError> {
    let revision = tx.revision(region).await?;
    for group in portions(instances) {
        let sql = format!(
            "UPDATE invocations SET state = $1, sent_at = $2, revision = $3 WHERE command_id = $4 AND state = 'Pending'
                 AND instance_id IN ({})",
            placeholders(5, group.len())
        );
        let mut query = sqlx::query(AssertSqlSafe(sql))
            .bind(InvocationState::Delayed.as_str())
            .bind(at.0)
            .bind(revision)
            .bind(command.as_str());
        for instance in group {
            query = query.bind(instance.as_str());
        }
        query.execute(tx.connection()).await?;
    }
    Ok(())
}

/// Which of these nodes have runs that were handed over and are not over.
///
/// # Errors
/// When the store fails.
pub async fn with_handed_over(
    tx: &mut Tx,
    instances: &[InstanceId],
) -> Result<BTreeSet<InstanceId>, StoreError> {
    let mut found = BTreeSet::new();
    for group in portions(instances) {
        let sql = format!(
            "SELECT DISTINCT instance_id FROM invocations WHERE is_over = 0 AND state <> 'Pending' AND instance_id IN ({})",
            placeholders(1, group.len())
        );
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for instance in group {
            query = query.bind(instance.as_str());
        }
        for row in query.fetch_all(tx.connection()).await? {
            found.insert(parsed(&row, "instance_id")?);
        }
    }
    Ok(found)
}

/// A node's runs in these states, none of which is an end.
///
/// # Errors
/// When the store fails.
pub async fn of_node(
    tx: &mut Tx,
    instance: &InstanceId,
    states: &[InvocationState],
) -> Result<Vec<InvocationRecord>, StoreError> {
    if states.is_empty() {
        return Ok(Vec::new());
    }
    let sql = format!(
        "SELECT * FROM invocations WHERE instance_id = $1 AND is_over = 0 AND state IN ({})",
        placeholders(2, states.len())
    );
    let mut query = sqlx::query(AssertSqlSafe(sql)).bind(instance.as_str());
    for state in states {
        query = query.bind(state.as_str());
    }
    records(query.fetch_all(tx.connection()).await?)
}

/// Runs of all regions that are past their time: pending ones past the command's `start_by`, any that is not over past its
/// `expires_at`.
///
/// # Errors
/// When the store fails.
pub async fn overdue(tx: &mut Tx, now: Millis) -> Result<Vec<InvocationRecord>, StoreError> {
    let rows = sqlx::query(
        "SELECT invocations.* FROM commands JOIN invocations ON invocations.command_id = commands.command_id
         WHERE commands.is_over = 0 AND commands.start_by < $1 AND invocations.is_over = 0
             AND (invocations.state = 'Pending' OR commands.expires_at < $1)",
    )
    .bind(now.0)
    .fetch_all(tx.connection())
    .await?;
    records(rows)
}

/// Runs of all regions that are not over, and whose node was deregistered.
///
/// # Errors
/// When the store fails.
pub async fn orphaned(tx: &mut Tx) -> Result<Vec<InvocationRecord>, StoreError> {
    let rows = sqlx::query(
        "SELECT invocations.* FROM invocations JOIN nodes ON nodes.instance_id = invocations.instance_id
         WHERE invocations.is_over = 0 AND nodes.gone = 1",
    )
    .fetch_all(tx.connection())
    .await?;
    records(rows)
}

/// Runs of all regions that were asked to stop, are not over, and whose node has a live link.
///
/// # Errors
/// When the store fails.
pub async fn cancelling(tx: &mut Tx) -> Result<Vec<InvocationRecord>, StoreError> {
    let rows = sqlx::query(
        "SELECT invocations.* FROM invocations JOIN nodes ON nodes.instance_id = invocations.instance_id
         WHERE invocations.is_over = 0 AND invocations.cancel = 1 AND nodes.connected = 1",
    )
    .fetch_all(tx.connection())
    .await?;
    records(rows)
}
