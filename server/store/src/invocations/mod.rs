//! Runs of commands on nodes.
//!
//! In: records, and questions about them. Out: rows in order. `seek` answers what operators and followers ask, `due` what the
//! scheduler and the gateway ask.
//!
//! Never here: which states may follow which, what an operator may see.

mod due;
mod seek;
mod standing;

use std::collections::BTreeMap;

use pilothouse_api::topics::Revision;
use pilothouse_protocol::{
    CommandId, InstanceId, InvocationState, JobId, Killed, Millis, Progress, StepResult,
};
use sqlx::AssertSqlSafe;
use sqlx::any::AnyRow;

pub use due::{cancelling, hand_over, lost, of_node, orphaned, overdue, unsent, with_handed_over};
pub use seek::{InvocationQuery, OutputEnd, changed, counts, list, output_ends, output_total, page};
pub use standing::{Standing, standing};

use crate::rows::{
    MAX_BINDS, flag, int, json, maybe_int, millis, parsed, placeholders, portions, rows, text, to_json,
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
    /// What it did when the node last said so; none when it is over.
    pub progress: Option<Progress>,
    /// What a cancel or a time-out killed, as far as it was told.
    pub killed: Vec<Killed>,
    /// How many processes that were.
    pub killed_count: u32,
    /// The command's.
    pub requested_at: Millis,
    /// The command's.
    pub document_name: String,
    /// Revision of its last change; set by the store.
    pub revision: Revision,
}

const COLUMNS: &str =
    "command_id, instance_id, region, position, node_name, state, is_over, sent_at, started_at, finished_at,
     exit_code, output_end, message, cancel, steps, requested_at, document_name, progress, killed, killed_count, revision";
const WIDTH: usize = 21;

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
        progress: json(row, "progress")?,
        killed: json(row, "killed")?,
        killed_count: u32::try_from(int(row, "killed_count")?).unwrap_or(u32::MAX),
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

/// What a node told of a run, as it is kept.
struct Told {
    steps: String,
    progress: String,
    killed: String,
}

impl Told {
    fn of(run: &InvocationRecord) -> Result<Self, StoreError> {
        Ok(Self {
            steps: to_json(&run.steps)?,
            // What a run does that is over is nothing.
            progress: to_json(&run.progress.as_ref().filter(|_| !run.state.is_terminal()))?,
            killed: to_json(&run.killed)?,
        })
    }
}

async fn write(tx: &mut Tx, records: &[InvocationRecord], conflict: &str) -> Result<(), StoreError> {
    for group in portions(records) {
        let mut revisions = Vec::with_capacity(group.len());
        for it in group {
            revisions.push(tx.revision(&it.region).await?);
        }
        let told = group.iter().map(Told::of).collect::<Result<Vec<_>, _>>()?;
        let sql = format!(
            "INSERT INTO invocations ({COLUMNS}) VALUES {}{conflict}",
            rows(tx.backend(), group.len(), WIDTH)
        );
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for ((it, Told { steps, progress, killed }), revision) in group.iter().zip(told).zip(revisions) {
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
                .bind(progress)
                .bind(killed)
                .bind(i64::from(it.killed_count))
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
             cancel = excluded.cancel, steps = excluded.steps, progress = excluded.progress, killed = excluded.killed,
             killed_count = excluded.killed_count, revision = excluded.revision",
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
