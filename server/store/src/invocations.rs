//! Runs of commands on nodes.

use std::collections::BTreeMap;

use pilothouse_api::topics::Revision;
use pilothouse_protocol::{CommandId, InstanceId, InvocationState, JobId, Millis, StepResult};
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row};

use crate::rows::{
    MAX_BINDS, flag, int, json, limit, maybe_int, millis, parsed, placeholders, text, to_json, values,
};
use crate::{StoreError, Tx};

/// The run of a command on a node.
#[derive(Clone, Debug, PartialEq)]
pub struct InvocationRecord {
    /// Where.
    pub region: String,
    /// Of which command.
    pub command_id: CommandId,
    /// On which node.
    pub instance_id: InstanceId,
    /// Its place in the command, from 0.
    pub position: i64,
    /// The node's name when the command was sent.
    pub node_name: String,
    /// Where it stands.
    pub state: InvocationState,
    /// When it was handed to the node's link.
    pub sent_at: Option<Millis>,
    /// When its first step began.
    pub started_at: Option<Millis>,
    /// When it was over.
    pub finished_at: Option<Millis>,
    /// Exit code of the last step that ran.
    pub exit_code: Option<i32>,
    /// End of what is stored of its output.
    pub output_end: u64,
    /// For people.
    pub message: String,
    /// It was asked to stop.
    pub cancel: bool,
    /// Steps that ended.
    pub steps: Vec<StepResult>,
    /// The command's.
    pub requested_at: Millis,
    /// The command's.
    pub document_name: String,
    /// Revision of its last change; set by the store.
    pub revision: Revision,
}

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

const COLUMNS: &str =
    "command_id, instance_id, region, position, node_name, state, is_over, sent_at, started_at, finished_at,
     exit_code, output_end, message, cancel, steps, requested_at, document_name, revision";
const WIDTH: usize = 18;

fn record(row: &AnyRow) -> Result<InvocationRecord, StoreError> {
    Ok(InvocationRecord {
        region: text(row, "region")?,
        command_id: parsed(row, "command_id")?,
        instance_id: parsed(row, "instance_id")?,
        position: int(row, "position")?,
        node_name: text(row, "node_name")?,
        state: parsed(row, "state")?,
        sent_at: maybe_int(row, "sent_at")?.map(Millis),
        started_at: maybe_int(row, "started_at")?.map(Millis),
        finished_at: maybe_int(row, "finished_at")?.map(Millis),
        exit_code: maybe_int(row, "exit_code")?.and_then(|code| i32::try_from(code).ok()),
        output_end: u64::try_from(int(row, "output_end")?).unwrap_or(0),
        message: text(row, "message")?,
        cancel: flag(row, "cancel")?,
        steps: json(row, "steps")?,
        requested_at: millis(row, "requested_at")?,
        document_name: text(row, "document_name")?,
        revision: int(row, "revision")?,
    })
}

fn records(rows: Vec<AnyRow>) -> Result<Vec<InvocationRecord>, StoreError> {
    rows.iter().map(record).collect()
}

fn at(instant: Option<Millis>) -> Option<i64> {
    instant.map(|at| at.0)
}

async fn write(tx: &mut Tx, records: &[InvocationRecord], conflict: &str) -> Result<(), StoreError> {
    for group in records.chunks(MAX_BINDS / WIDTH) {
        let mut revisions = Vec::with_capacity(group.len());
        for it in group {
            revisions.push(tx.revision(&it.region).await?);
        }
        let steps = group.iter().map(|it| to_json(&it.steps)).collect::<Result<Vec<_>, _>>()?;
        let sql =
            format!("INSERT INTO invocations ({COLUMNS}) VALUES {}{conflict}", values(group.len(), WIDTH));
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for ((it, steps), revision) in group.iter().zip(steps).zip(revisions) {
            query = query
                .bind(it.command_id.as_str())
                .bind(it.instance_id.as_str())
                .bind(it.region.as_str())
                .bind(it.position)
                .bind(it.node_name.as_str())
                .bind(it.state.as_str())
                .bind(i64::from(it.state.is_terminal()))
                .bind(at(it.sent_at))
                .bind(at(it.started_at))
                .bind(at(it.finished_at))
                .bind(it.exit_code.map(i64::from))
                .bind(i64::try_from(it.output_end).unwrap_or(i64::MAX))
                .bind(it.message.as_str())
                .bind(i64::from(it.cancel))
                .bind(steps)
                .bind(it.requested_at.0)
                .bind(it.document_name.as_str())
                .bind(revision);
        }
        query.execute(tx.connection()).await?;
    }
    Ok(())
}

/// Adds runs.
///
/// # Errors
/// When the store fails.
pub async fn insert_many(tx: &mut Tx, records: &[InvocationRecord]) -> Result<(), StoreError> {
    write(tx, records, "").await
}

/// Saves everything of runs that can change, under this transaction's revision.
///
/// # Errors
/// When the store fails.
pub async fn save_many(tx: &mut Tx, records: &[InvocationRecord]) -> Result<(), StoreError> {
    write(
        tx,
        records,
        " ON CONFLICT (command_id, instance_id) DO UPDATE SET state = excluded.state, is_over = excluded.is_over,
             sent_at = excluded.sent_at, started_at = excluded.started_at, finished_at = excluded.finished_at,
             exit_code = excluded.exit_code, output_end = excluded.output_end, message = excluded.message,
             cancel = excluded.cancel, steps = excluded.steps, revision = excluded.revision",
    )
    .await
}

/// The run of a command on a node.
///
/// # Errors
/// When the store fails.
pub async fn get(
    tx: &mut Tx,
    region: &str,
    command: &CommandId,
    instance: &InstanceId,
) -> Result<Option<InvocationRecord>, StoreError> {
    let row =
        sqlx::query("SELECT * FROM invocations WHERE command_id = $1 AND instance_id = $2 AND region = $3")
            .bind(command.as_str())
            .bind(instance.as_str())
            .bind(region)
            .fetch_optional(tx.connection())
            .await?;
    row.as_ref().map(record).transpose()
}

/// Those of these runs that exist, in no order.
///
/// # Errors
/// When the store fails.
pub async fn find_many(tx: &mut Tx, jobs: &[JobId]) -> Result<Vec<InvocationRecord>, StoreError> {
    let mut by_command: BTreeMap<&CommandId, Vec<&InstanceId>> = BTreeMap::new();
    for job in jobs {
        by_command.entry(&job.command).or_default().push(&job.instance);
    }
    let mut found = Vec::with_capacity(jobs.len());
    for (command, instances) in by_command {
        for group in instances.chunks(MAX_BINDS - 1) {
            let sql = format!(
                "SELECT * FROM invocations WHERE command_id = $1 AND instance_id IN ({})",
                placeholders(2, group.len())
            );
            let mut query = sqlx::query(AssertSqlSafe(sql)).bind(command.as_str());
            for instance in group {
                query = query.bind(instance.as_str());
            }
            found.extend(records(query.fetch_all(tx.connection()).await?)?);
        }
    }
    Ok(found)
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

/// Pending runs of a command whose node has a live link, in order of position.
///
/// # Errors
/// When the store fails.
pub async fn unsent(
    tx: &mut Tx,
    command: &CommandId,
    count: usize,
) -> Result<Vec<InvocationRecord>, StoreError> {
    let rows = sqlx::query(
        "SELECT invocations.* FROM invocations JOIN nodes ON nodes.instance_id = invocations.instance_id
         WHERE invocations.command_id = $1 AND invocations.state = 'Pending' AND nodes.connected = 1 AND nodes.gone = 0
         ORDER BY invocations.position LIMIT $2",
    )
    .bind(command.as_str())
    .bind(limit(count))
    .fetch_all(tx.connection())
    .await?;
    records(rows)
}

/// A node's runs in these states.
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
        "SELECT * FROM invocations WHERE instance_id = $1 AND state IN ({})",
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
