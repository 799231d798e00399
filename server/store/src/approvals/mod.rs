//! Requests for approval, and the sealed calls that they hold until they are over.
//!
//! In: requests, decisions, ends. Out: requests whole, or in brief for listings. Every change is one step from a state that is
//! named, so that of two who try one is told that it came too late; and it has a revision in the account's own order.
//! Never here: who may decide.

mod changes;

use pilothouse_api::approvals::{ApprovalState, ApprovalTarget};
use pilothouse_api::topics::Revision;
use pilothouse_protocol::Millis;
use serde_json::Value;
use sqlx::AssertSqlSafe;
use sqlx::any::AnyRow;

pub(crate) use changes::retell_pending;
pub use changes::{Decided, decide, end, forget, insert};

use crate::rows::{blob, int, json, limit, maybe_int, maybe_text, millis, placeholders, text};
use crate::{StoreError, Tx};

/// The most targets that a listing tells of one request.
pub const TARGETS_SHOWN: usize = 100;

/// A request for approval. Listings tell it in brief: the first targets, and the request with long parts cut.
#[derive(Clone, Debug, PartialEq)]
pub struct ApprovalRecord {
    /// Its id.
    pub approval_id: String,
    /// Where it runs.
    pub region: String,
    /// The human who asks: `root` or `user/NAME`.
    pub person: String,
    /// The same with the role that they were in.
    pub requested_by: String,
    /// When.
    pub requested_at: Millis,
    /// Nobody can decide it from then on.
    pub expires_at: Millis,
    /// The operation's `X-Amz-Target`.
    pub target: String,
    /// The operation's name.
    pub operation: String,
    /// Its permission.
    pub permission: String,
    /// What will run, with secrets masked.
    pub request: Value,
    /// What it touches.
    pub targets: Vec<ApprovalTarget>,
    /// How many those are.
    pub target_count: i64,
    /// Digest of all of them.
    pub digest: String,
    /// Their environments.
    pub environments: Vec<String>,
    /// Why policies want an approval.
    pub why: String,
    /// Why the caller wants it.
    pub reason: String,
    /// Where it stands.
    pub state: ApprovalState,
    /// Who decided.
    pub decided_by: Option<String>,
    /// When.
    pub decided_at: Option<Millis>,
    /// What was said to it.
    pub decision_comment: String,
    /// How it ended.
    pub outcome: String,
    /// Of its last change, in the account's own order.
    pub revision: Revision,
}

/// The call that waits. `Debug` shows nothing of it.
#[derive(Clone, PartialEq)]
pub struct StoredCall {
    /// Who called, as the server can restore it.
    pub caller: Value,
    /// The request's body, sealed.
    pub sealed: Vec<u8>,
    /// The master key that it is under.
    pub key_id: String,
}

impl std::fmt::Debug for StoredCall {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "StoredCall({} bytes under {})", self.sealed.len(), self.key_id)
    }
}

const ALL: &str = "approval_id, region, person, requested_by, requested_at, expires_at, target, operation, permission, \
     target_count, digest, environments, why, reason, state, decided_by, decided_at, decision_comment, outcome, revision";
const BRIEF: &str = "request_brief AS request, targets_brief AS targets";

fn record(row: &AnyRow) -> Result<ApprovalRecord, StoreError> {
    Ok(ApprovalRecord {
        approval_id: text(row, "approval_id")?,
        region: text(row, "region")?,
        person: text(row, "person")?,
        requested_by: text(row, "requested_by")?,
        requested_at: millis(row, "requested_at")?,
        expires_at: millis(row, "expires_at")?,
        target: text(row, "target")?,
        operation: text(row, "operation")?,
        permission: text(row, "permission")?,
        request: json(row, "request")?,
        targets: json(row, "targets")?,
        target_count: int(row, "target_count")?,
        digest: text(row, "digest")?,
        environments: json(row, "environments")?,
        why: text(row, "why")?,
        reason: text(row, "reason")?,
        state: state(row)?,
        decided_by: maybe_text(row, "decided_by")?,
        decided_at: maybe_int(row, "decided_at")?.map(Millis),
        decision_comment: text(row, "decision_comment")?,
        outcome: text(row, "outcome")?,
        revision: int(row, "revision")?,
    })
}

fn state(row: &AnyRow) -> Result<ApprovalState, StoreError> {
    let name = text(row, "state")?;
    let known = ApprovalState::ALL.into_iter().find(|state| state.as_str() == name);
    known.ok_or_else(|| StoreError::Corrupt { what: format!("state: {name:?} is none") })
}

/// A request, whole.
///
/// # Errors
/// When the store fails.
pub async fn get(tx: &mut Tx, id: &str) -> Result<Option<ApprovalRecord>, StoreError> {
    let sql = format!("SELECT {ALL}, request, targets FROM approvals WHERE approval_id = $1");
    let row = sqlx::query(AssertSqlSafe(sql)).bind(id).fetch_optional(tx.connection()).await?;
    row.as_ref().map(record).transpose()
}

/// The call that waits; none when the request is over.
///
/// # Errors
/// When the store fails.
pub async fn call(tx: &mut Tx, id: &str) -> Result<Option<StoredCall>, StoreError> {
    let row = sqlx::query("SELECT caller, sealed, key_id FROM approval_calls WHERE approval_id = $1")
        .bind(id)
        .fetch_optional(tx.connection())
        .await?;
    let call = |row: AnyRow| {
        Ok(StoredCall {
            caller: json(&row, "caller")?,
            sealed: blob(&row, "sealed")?,
            key_id: text(&row, "key_id")?,
        })
    };
    row.map(call).transpose()
}

/// Requests in these states (in any, if none is given), newest first, after the one with this age and id; in brief.
///
/// # Errors
/// When the store fails.
pub async fn list(
    tx: &mut Tx,
    states: &[ApprovalState],
    after: Option<(Millis, String)>,
    count: usize,
) -> Result<Vec<ApprovalRecord>, StoreError> {
    let (at, id) = after.map_or((i64::MAX, String::new()), |(at, id)| (at.0, id));
    let states = if states.is_empty() { &ApprovalState::ALL } else { states };
    let wanted = placeholders(4, states.len());
    let sql = format!(
        "SELECT {ALL}, {BRIEF} FROM approvals
         WHERE (requested_at < $1 OR (requested_at = $1 AND approval_id < $2)) AND state IN ({wanted})
         ORDER BY requested_at DESC, approval_id DESC LIMIT $3"
    );
    let mut query = sqlx::query(AssertSqlSafe(sql)).bind(at).bind(id).bind(limit(count));
    for state in states {
        query = query.bind(state.as_str());
    }
    query.fetch_all(tx.connection()).await?.iter().map(record).collect()
}

/// Requests that changed after a revision, in the order of their changes; in brief. What changed together is told together, so
/// there can be more than `count`.
///
/// # Errors
/// When the store fails.
pub async fn changed(tx: &mut Tx, after: Revision, count: usize) -> Result<Vec<ApprovalRecord>, StoreError> {
    let sql = format!(
        "SELECT {ALL}, {BRIEF} FROM approvals WHERE revision > $1 AND revision <= COALESCE(
             (SELECT revision FROM approvals WHERE revision > $1 ORDER BY revision LIMIT 1 OFFSET $2),
             9223372036854775807)
         ORDER BY revision, approval_id"
    );
    let rows = sqlx::query(AssertSqlSafe(sql))
        .bind(after)
        .bind(limit(count.saturating_sub(1)))
        .fetch_all(tx.connection())
        .await?;
    rows.iter().map(record).collect()
}

/// Requests of a person that somebody can still decide, oldest first; in brief.
///
/// # Errors
/// When the store fails.
pub async fn pending_of(tx: &mut Tx, person: &str, now: Millis) -> Result<Vec<ApprovalRecord>, StoreError> {
    let sql = format!(
        "SELECT {ALL}, {BRIEF} FROM approvals WHERE person = $1 AND state = 'Pending' AND expires_at > $2
         ORDER BY requested_at, approval_id"
    );
    let rows = sqlx::query(AssertSqlSafe(sql)).bind(person).bind(now.0).fetch_all(tx.connection()).await?;
    rows.iter().map(record).collect()
}

/// Ids of requests that are approved and did not run yet, in the order of their approval.
///
/// # Errors
/// When the store fails.
pub async fn approved(tx: &mut Tx) -> Result<Vec<String>, StoreError> {
    let rows = sqlx::query(
        "SELECT approval_id FROM approvals WHERE state = 'Approved' ORDER BY decided_at, approval_id",
    )
    .fetch_all(tx.connection())
    .await?;
    rows.iter().map(|row| text(row, "approval_id")).collect()
}

/// Ids of pending requests whose time is over.
///
/// # Errors
/// When the store fails.
pub async fn overdue(tx: &mut Tx, now: Millis, count: usize) -> Result<Vec<String>, StoreError> {
    let rows = sqlx::query(
        "SELECT approval_id FROM approvals WHERE state = 'Pending' AND expires_at <= $1
         ORDER BY expires_at, approval_id LIMIT $2",
    )
    .bind(now.0)
    .bind(limit(count))
    .fetch_all(tx.connection())
    .await?;
    rows.iter().map(|row| text(row, "approval_id")).collect()
}

/// Whether any request was over before `before`.
///
/// # Errors
/// When the store fails.
pub async fn any_over_before(tx: &mut Tx, before: Millis) -> Result<bool, StoreError> {
    let row = sqlx::query("SELECT approval_id FROM approvals WHERE over_at < $1 LIMIT 1")
        .bind(before.0)
        .fetch_optional(tx.connection())
        .await?;
    Ok(row.is_some())
}
