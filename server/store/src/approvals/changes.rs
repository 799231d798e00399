//! A request's steps: asked for, decided, ended, forgotten.

use pilothouse_api::approvals::ApprovalState;
use pilothouse_protocol::Millis;
use serde_json::Value;

use super::{ApprovalRecord, StoredCall, TARGETS_SHOWN};
use crate::rows::{limit, to_json};
use crate::{StoreError, Tx};

/// Adds a pending request. `brief` is its request as listings tell it.
///
/// # Errors
/// When the store fails.
pub async fn insert(
    tx: &mut Tx,
    it: &ApprovalRecord,
    brief: &Value,
    call: &StoredCall,
) -> Result<(), StoreError> {
    let revision = tx.revision("").await?;
    insert_call(tx, &it.approval_id, call).await?;
    let first = &it.targets[..it.targets.len().min(TARGETS_SHOWN)];
    sqlx::query(
        "INSERT INTO approvals (approval_id, region, person, requested_by, requested_at, expires_at, target, operation,
             permission, request, request_brief, targets, targets_brief, target_count, digest, environments, why, reason,
             state, decision_comment, outcome, revision)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, 'Pending', '', '', $19)",
    )
    .bind(it.approval_id.as_str())
    .bind(it.region.as_str())
    .bind(it.person.as_str())
    .bind(it.requested_by.as_str())
    .bind(it.requested_at.0)
    .bind(it.expires_at.0)
    .bind(it.target.as_str())
    .bind(it.operation.as_str())
    .bind(it.permission.as_str())
    .bind(to_json(&it.request)?)
    .bind(to_json(brief)?)
    .bind(to_json(&it.targets)?)
    .bind(to_json(&first)?)
    .bind(it.target_count)
    .bind(it.digest.as_str())
    .bind(to_json(&it.environments)?)
    .bind(it.why.as_str())
    .bind(it.reason.as_str())
    .bind(revision)
    .execute(tx.connection())
    .await?;
    Ok(())
}

async fn insert_call(tx: &mut Tx, id: &str, call: &StoredCall) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO approval_calls (approval_id, caller, sealed, key_id) VALUES ($1, $2, $3, $4)")
        .bind(id)
        .bind(to_json(&call.caller)?)
        .bind(call.sealed.as_slice())
        .bind(call.key_id.as_str())
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// A decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decided<'a> {
    /// Approved or Rejected.
    pub state: ApprovalState,
    /// Who.
    pub by: &'a str,
    /// When.
    pub at: Millis,
    /// What was said to it.
    pub comment: &'a str,
}

/// Decides a pending request whose time is not over; `false` when it is not (any more), and nothing is changed.
///
/// # Errors
/// When the store fails.
pub async fn decide(tx: &mut Tx, id: &str, decided: &Decided<'_>) -> Result<bool, StoreError> {
    let revision = tx.revision("").await?;
    let over_at = decided.state.is_over().then_some(decided.at.0);
    let done = sqlx::query(
        "UPDATE approvals SET state = $2, decided_by = $3, decided_at = $4, decision_comment = $5, over_at = $6, revision = $7
         WHERE approval_id = $1 AND state = 'Pending' AND expires_at > $4",
    )
    .bind(id)
    .bind(decided.state.as_str())
    .bind(decided.by)
    .bind(decided.at.0)
    .bind(decided.comment)
    .bind(over_at)
    .bind(revision)
    .execute(tx.connection())
    .await?;
    let is_decided = done.rows_affected() > 0;
    if is_decided && decided.state.is_over() {
        forget_call(tx, id).await?;
    }
    Ok(is_decided)
}

/// Ends a request that is in the state `from`; `false` when it is not (any more), and nothing is changed.
///
/// # Errors
/// When the store fails.
pub async fn end(
    tx: &mut Tx,
    id: &str,
    (from, to): (ApprovalState, ApprovalState),
    at: Millis,
    outcome: &str,
) -> Result<bool, StoreError> {
    let revision = tx.revision("").await?;
    let done = sqlx::query(
        "UPDATE approvals SET state = $3, over_at = $4, outcome = $5, revision = $6 WHERE approval_id = $1 AND state = $2",
    )
    .bind(id)
    .bind(from.as_str())
    .bind(to.as_str())
    .bind(at.0)
    .bind(outcome)
    .bind(revision)
    .execute(tx.connection())
    .await?;
    let is_ended = done.rows_affected() > 0;
    if is_ended {
        forget_call(tx, id).await?;
    }
    Ok(is_ended)
}

/// Has followers told of all pending requests anew: who may decide them has perhaps changed.
pub(crate) async fn retell_pending(tx: &mut Tx) -> Result<(), StoreError> {
    let revision = tx.revision("").await?;
    sqlx::query("UPDATE approvals SET revision = $1 WHERE state = 'Pending'")
        .bind(revision)
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// What is over keeps nothing sealed.
async fn forget_call(tx: &mut Tx, id: &str) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM approval_calls WHERE approval_id = $1")
        .bind(id)
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Deletes requests that were over before `before`, at most `count`; how many.
///
/// # Errors
/// When the store fails.
pub async fn forget(tx: &mut Tx, before: Millis, count: usize) -> Result<u64, StoreError> {
    let done = sqlx::query(
        "DELETE FROM approvals WHERE approval_id IN
             (SELECT approval_id FROM approvals WHERE over_at < $1 ORDER BY over_at LIMIT $2)",
    )
    .bind(before.0)
    .bind(limit(count))
    .execute(tx.connection())
    .await?;
    Ok(done.rows_affected())
}
