//! ExpireApprovals: what nobody decided in time is over, and what was over long ago is forgotten.

use pilothouse_api::Fault;
use pilothouse_api::approvals::ApprovalState;
use pilothouse_protocol::Millis;
use pilothouse_store::approvals;

use crate::cx::{Cx, store_fault};
use crate::door::{Guard, Run};
use crate::doorbell::Subject;
use crate::internal::{ExpireApprovals, Expired};

/// Days for which a request that is over can be looked at; the audit trail remembers it longer.
const DAYS_KEPT: i64 = 90;
/// Requests ended, or forgotten, at a time.
const AT_ONCE: usize = 100;

impl Run for ExpireApprovals {
    const GUARD: Guard = Guard::Kind;
    const AUDITED: bool = false;

    async fn run(self, cx: &mut Cx<'_>) -> Result<Expired, Fault> {
        let overdue = approvals::overdue(cx.tx, cx.now, AT_ONCE).await.map_err(store_fault)?;
        let step = (ApprovalState::Pending, ApprovalState::Expired);
        for id in &overdue {
            approvals::end(cx.tx, id, step, cx.now, "nobody decided in time").await.map_err(store_fault)?;
        }
        if !overdue.is_empty() {
            cx.ring_in("", Subject::Approvals);
        }
        let forgotten = approvals::forget(cx.tx, kept_from(cx), AT_ONCE).await.map_err(store_fault)?;
        Ok(Expired { changed: overdue.len() + usize::try_from(forgotten).unwrap_or(usize::MAX) })
    }
}

/// Whether there is anything to do.
pub(super) async fn is_due(cx: &mut Cx<'_>) -> Result<bool, Fault> {
    let overdue = approvals::overdue(cx.tx, cx.now, 1).await.map_err(store_fault)?;
    if !overdue.is_empty() {
        return Ok(true);
    }
    approvals::any_over_before(cx.tx, kept_from(cx)).await.map_err(store_fault)
}

fn kept_from(cx: &Cx<'_>) -> Millis {
    cx.now.plus_seconds(-DAYS_KEPT * 86_400)
}
