//! What of requests for approval a caller may see, and whether it may decide.

use pilothouse_api::approvals::{Approval, ApprovalState, DecideApproval};
use pilothouse_api::{Fault, FaultKind, Operation};
use pilothouse_protocol::Millis;
use pilothouse_store::approvals::ApprovalRecord;

use crate::capabilities::resources;
use crate::cx::{Cx, Sifter};

/// Looks at requests with the eyes of the caller.
pub(super) struct Viewer {
    person: String,
    now: Millis,
    sees: Option<Sifter>,
    decides: Option<Sifter>,
}

impl Viewer {
    /// The caller; `permission` is what it needs to see requests of others.
    pub(super) async fn of(cx: &mut Cx<'_>, permission: &str) -> Result<Self, Fault> {
        Ok(Self {
            person: cx.call.caller.person(),
            now: cx.now,
            sees: sifter(cx, permission).await?,
            decides: sifter(cx, DecideApproval::PERMISSION).await?,
        })
    }

    /// Whether the request is the caller's own, whatever key or role it was made with.
    pub(super) fn owns(&self, record: &ApprovalRecord) -> bool {
        record.person == self.person
    }

    /// The request as the caller sees it; `None` when it may not.
    pub(super) fn view(&mut self, record: ApprovalRecord) -> Option<Approval> {
        let resource = resources::approval(&record);
        let may = |sifter: &mut Option<Sifter>| sifter.as_mut().is_some_and(|sifter| sifter.shows(&resource));
        let is_own = self.owns(&record);
        let decides = !is_own && may(&mut self.decides);
        if !(is_own || decides || may(&mut self.sees)) {
            return None;
        }
        let state = state(&record, self.now);
        let may_decide = decides && state == ApprovalState::Pending;
        Some(Approval { state, may_decide, ..shape(record) })
    }
}

async fn sifter(cx: &mut Cx<'_>, permission: &str) -> Result<Option<Sifter>, Fault> {
    match cx.sifter(permission).await {
        Ok(sifter) => Ok(Some(sifter)),
        Err(fault) if fault.kind == FaultKind::Denied => Ok(None),
        Err(fault) => Err(fault),
    }
}

/// Where it stands: the time decides that it is over, not who writes that down.
pub(super) fn state(record: &ApprovalRecord, now: Millis) -> ApprovalState {
    match record.state {
        ApprovalState::Pending if record.expires_at <= now => ApprovalState::Expired,
        state => state,
    }
}

fn shape(record: ApprovalRecord) -> Approval {
    Approval {
        approval_id: record.approval_id,
        region: record.region,
        state: record.state,
        requested_by: record.requested_by,
        requested_at: record.requested_at,
        expires_at: record.expires_at,
        operation: record.operation,
        permission: record.permission,
        request: record.request,
        targets: record.targets,
        target_count: u32::try_from(record.target_count).unwrap_or(u32::MAX),
        environments: record.environments.into_iter().filter(|it| !it.is_empty()).collect(),
        why: record.why,
        reason: record.reason,
        decided_by: record.decided_by,
        decided_at: record.decided_at,
        decision_comment: record.decision_comment,
        outcome: record.outcome,
        may_decide: false,
    }
}
