//! The outbox: what is to be carried out of the house, written in the transaction that is the reason for it.
//!
//! Whoever carries takes what is due and has it for a lease: until then nobody else takes it, and after that it is due again, so
//! that what a server took before it died is carried by the next. That is at least once: who receives is told each delivery's id.

mod words;

use pilothouse_protocol::Millis;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::AssertSqlSafe;
use sqlx::any::AnyRow;

pub use words::{Kind, State};

use crate::rows::{
    MAX_BINDS, int, json, limit, maybe_int, millis, parsed, placeholders, text, to_json, values,
};
use crate::{StoreError, Tx};

/// A delivery.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeliveryRecord {
    /// Says what it is about: the same reason gives the same id, and is written once.
    pub delivery_id: String,
    /// Where its reason is.
    pub region: String,
    /// How it is carried.
    pub kind: Kind,
    /// Where to, by the name that the settings or the caller know.
    pub destination: String,
    /// The command that it is about.
    pub command_id: String,
    /// The node that it is about; empty if it is about the whole command.
    pub instance_id: String,
    /// What is carried, or what is needed to make it.
    pub payload: Value,
    /// What became of it.
    pub state: State,
    /// When it is to be tried; while somebody has it, when its lease ends.
    pub due_at: Millis,
    /// How often it was taken.
    pub attempts: i64,
    /// Why the last attempt failed, for people; empty if none did.
    pub problem: String,
    /// When its reason was.
    pub created_at: Millis,
    /// When it had arrived or was given up.
    pub ended_at: Option<Millis>,
}

/// How an attempt went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Attempt {
    /// It has arrived.
    Done,
    /// Not yet: why, and when to try again.
    Again(String, Millis),
    /// Not, and it is not tried again: why.
    GivenUp(String),
}

const COLUMNS: &str = "delivery_id, region, kind, destination, command_id, instance_id, payload, state, due_at, attempts, problem,
     created_at, ended_at";
const WIDTH: usize = 13;

fn record(row: &AnyRow) -> Result<DeliveryRecord, StoreError> {
    Ok(DeliveryRecord {
        delivery_id: text(row, "delivery_id")?,
        region: text(row, "region")?,
        kind: parsed(row, "kind")?,
        destination: text(row, "destination")?,
        command_id: text(row, "command_id")?,
        instance_id: text(row, "instance_id")?,
        payload: json(row, "payload")?,
        state: parsed(row, "state")?,
        due_at: millis(row, "due_at")?,
        attempts: int(row, "attempts")?,
        problem: text(row, "problem")?,
        created_at: millis(row, "created_at")?,
        ended_at: maybe_int(row, "ended_at")?.map(Millis),
    })
}

/// Adds deliveries; those that were added before, whatever became of them, are passed over.
///
/// # Errors
/// When the store fails.
pub async fn add(tx: &mut Tx, records: &[DeliveryRecord]) -> Result<(), StoreError> {
    for group in records.chunks(MAX_BINDS / WIDTH) {
        let payloads = group.iter().map(|it| to_json(&it.payload)).collect::<Result<Vec<_>, _>>()?;
        let sql = format!(
            "INSERT INTO deliveries ({COLUMNS}) VALUES {} ON CONFLICT (delivery_id) DO NOTHING",
            values(group.len(), WIDTH)
        );
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for (it, payload) in group.iter().zip(payloads) {
            query = query
                .bind(it.delivery_id.as_str())
                .bind(it.region.as_str())
                .bind(it.kind.as_str())
                .bind(it.destination.as_str())
                .bind(it.command_id.as_str())
                .bind(it.instance_id.as_str())
                .bind(payload)
                .bind(it.state.as_str())
                .bind(it.due_at.0)
                .bind(it.attempts)
                .bind(it.problem.as_str())
                .bind(it.created_at.0)
                .bind(it.ended_at.map(|at| at.0));
        }
        query.execute(tx.connection()).await?;
    }
    Ok(())
}

/// Whether anything of a kind is due. It only looks.
///
/// # Errors
/// When the store fails.
pub async fn is_due(tx: &mut Tx, kind: Kind, now: Millis) -> Result<bool, StoreError> {
    let row = sqlx::query(
        "SELECT 1 FROM deliveries WHERE state = 'Waiting' AND kind = $1 AND due_at <= $2 LIMIT 1",
    )
    .bind(kind.as_str())
    .bind(now.0)
    .fetch_optional(tx.connection())
    .await?;
    Ok(row.is_some())
}

/// What is to be taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wanted {
    /// How it is carried.
    pub kind: Kind,
    /// Not what goes there: nobody answers there now.
    pub except: Vec<String>,
    /// When it is due again, unless somebody says before how it went.
    pub lease_until: Millis,
    /// How many at most.
    pub count: usize,
}

/// Takes what is due, the longest due first: each is an attempt, and due again when the lease ends. What two take at once only
/// one gets.
///
/// # Errors
/// When the store fails.
pub async fn take(tx: &mut Tx, wanted: &Wanted, now: Millis) -> Result<Vec<DeliveryRecord>, StoreError> {
    let except = match wanted.except.len() {
        0 => String::new(),
        count => format!(" AND destination NOT IN ({})", placeholders(5, count)),
    };
    let sql = format!(
        "UPDATE deliveries SET attempts = attempts + 1, due_at = $3 WHERE state = 'Waiting' AND due_at <= $2 AND delivery_id IN (
             SELECT delivery_id FROM deliveries WHERE state = 'Waiting' AND kind = $1 AND due_at <= $2{except}
             ORDER BY due_at, delivery_id LIMIT $4)
         RETURNING *"
    );
    let mut query = sqlx::query(AssertSqlSafe(sql))
        .bind(wanted.kind.as_str())
        .bind(now.0)
        .bind(wanted.lease_until.0)
        .bind(limit(wanted.count));
    for destination in &wanted.except {
        query = query.bind(destination.as_str());
    }
    let rows = query.fetch_all(tx.connection()).await?;
    let mut taken = rows.iter().map(record).collect::<Result<Vec<_>, _>>()?;
    taken.sort_by(|a, b| (a.created_at, &a.delivery_id).cmp(&(b.created_at, &b.delivery_id)));
    Ok(taken)
}

/// Notes how an attempt went; nothing if its lease has ended and somebody else took it.
///
/// # Errors
/// When the store fails.
pub async fn settle(
    tx: &mut Tx,
    taken: &DeliveryRecord,
    attempt: &Attempt,
    now: Millis,
) -> Result<bool, StoreError> {
    let (state, problem, due_at) = match attempt {
        Attempt::Done => (State::Done, "", taken.due_at),
        Attempt::Again(why, at) => (State::Waiting, why.as_str(), *at),
        Attempt::GivenUp(why) => (State::GivenUp, why.as_str(), taken.due_at),
    };
    let done = sqlx::query(
        "UPDATE deliveries SET state = $3, problem = $4, due_at = $5, ended_at = $6
         WHERE delivery_id = $1 AND attempts = $2 AND state = 'Waiting'",
    )
    .bind(taken.delivery_id.as_str())
    .bind(taken.attempts)
    .bind(state.as_str())
    .bind(problem)
    .bind(due_at.0)
    .bind((state != State::Waiting).then_some(now.0))
    .execute(tx.connection())
    .await?;
    Ok(done.rows_affected() > 0)
}

/// The delivery with this id.
///
/// # Errors
/// When the store fails.
pub async fn get(tx: &mut Tx, delivery_id: &str) -> Result<Option<DeliveryRecord>, StoreError> {
    let row = sqlx::query("SELECT * FROM deliveries WHERE delivery_id = $1")
        .bind(delivery_id)
        .fetch_optional(tx.connection())
        .await?;
    row.as_ref().map(record).transpose()
}

/// Deliveries of a command, of all its nodes, in order of their reasons.
///
/// # Errors
/// When the store fails.
pub async fn of_command(
    tx: &mut Tx,
    region: &str,
    command_id: &str,
) -> Result<Vec<DeliveryRecord>, StoreError> {
    let rows = sqlx::query(
        "SELECT * FROM deliveries WHERE command_id = $1 AND region = $2 ORDER BY created_at, delivery_id",
    )
    .bind(command_id)
    .bind(region)
    .fetch_all(tx.connection())
    .await?;
    rows.iter().map(record).collect()
}

/// Forgets what ended before an instant, some of it; how many.
///
/// # Errors
/// When the store fails.
pub async fn sweep(tx: &mut Tx, before: Millis, count: usize) -> Result<u64, StoreError> {
    let states = [State::Done, State::GivenUp];
    let sql = format!(
        "DELETE FROM deliveries WHERE delivery_id IN (
             SELECT delivery_id FROM deliveries WHERE ended_at < $1 AND state IN ({}) LIMIT $2)",
        placeholders(3, states.len())
    );
    let mut query = sqlx::query(AssertSqlSafe(sql)).bind(before.0).bind(limit(count));
    for state in states {
        query = query.bind(state.as_str());
    }
    Ok(query.execute(tx.connection()).await?.rows_affected())
}
