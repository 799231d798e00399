//! DecideApproval, WithdrawApproval.

use pilothouse_api::approvals::{
    ApprovalDecision, ApprovalResult, ApprovalState, DecideApproval, WithdrawApproval,
};
use pilothouse_api::{Fault, Operation};
use pilothouse_store::approvals::{self, ApprovalRecord, Decided};

use super::list::find;
use super::viewer::{Viewer, state};
use crate::capabilities::resources;
use crate::cx::{Cx, store_fault};
use crate::door::{Guard, Run};
use crate::doorbell::Subject;

impl Run for DecideApproval {
    const GUARD: Guard = Guard::Resources;

    async fn run(self, cx: &mut Cx<'_>) -> Result<ApprovalResult, Fault> {
        let record = find(cx, &self.approval_id).await?;
        cx.require(vec![resources::approval(&record)]).await?;
        // Not a policy: nothing that anybody could write makes it otherwise.
        if record.person == cx.call.caller.person() {
            let message = format!(
                "{} is a request of {}: somebody else has to decide it",
                record.approval_id, record.person
            );
            return Err(Fault::denied(message));
        }
        is_pending(&record, cx)?;
        let decided = Decided {
            state: match self.decision {
                ApprovalDecision::Approve => ApprovalState::Approved,
                ApprovalDecision::Reject => ApprovalState::Rejected,
            },
            by: &cx.call.caller.to_string(),
            at: cx.now,
            comment: &self.comment,
        };
        let is_decided = approvals::decide(cx.tx, &self.approval_id, &decided).await.map_err(store_fault)?;
        if !is_decided {
            // Somebody was faster.
            return Err(over(&find(cx, &self.approval_id).await?, cx));
        }
        cx.ring_in("", Subject::Approvals);
        changed(cx, &self.approval_id, Self::PERMISSION).await
    }
}

impl Run for WithdrawApproval {
    // Everybody may withdraw what they asked for, and nobody what others did.
    const GUARD: Guard = Guard::Known;

    async fn run(self, cx: &mut Cx<'_>) -> Result<ApprovalResult, Fault> {
        let record = find(cx, &self.approval_id).await?;
        if record.person != cx.call.caller.person() {
            let message = format!(
                "{} is a request of {}, who alone can withdraw it",
                record.approval_id, record.person
            );
            return Err(Fault::denied(message));
        }
        is_pending(&record, cx)?;
        let step = (ApprovalState::Pending, ApprovalState::Withdrawn);
        if !approvals::end(cx.tx, &self.approval_id, step, cx.now, "").await.map_err(store_fault)? {
            return Err(over(&find(cx, &self.approval_id).await?, cx));
        }
        cx.ring_in("", Subject::Approvals);
        changed(cx, &self.approval_id, Self::PERMISSION).await
    }
}

fn is_pending(record: &ApprovalRecord, cx: &Cx<'_>) -> Result<(), Fault> {
    if state(record, cx.now) == ApprovalState::Pending { Ok(()) } else { Err(over(record, cx)) }
}

/// The answer when there is nothing to decide any more.
fn over(record: &ApprovalRecord, cx: &Cx<'_>) -> Fault {
    let (id, state) = (&record.approval_id, state(record, cx.now));
    let by = record.decided_by.as_ref().map(|by| format!(" by {by}")).unwrap_or_default();
    Fault::caller("ApprovalIsOverException", format!("{id} is {state} already{by}"))
}

/// The request as it is now.
async fn changed(cx: &mut Cx<'_>, id: &str, permission: &str) -> Result<ApprovalResult, Fault> {
    let record = find(cx, id).await?;
    let mut viewer = Viewer::of(cx, permission).await?;
    let approval = viewer.view(record);
    approval
        .map(|approval| ApprovalResult { approval })
        .ok_or_else(|| Fault::denied("this request for approval is not yours to see"))
}
