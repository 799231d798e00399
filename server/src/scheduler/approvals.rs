//! What has ended or expired is written down; what was approved is carried out in the name of who asked for it.
//!
//! That a request is approved stands in its row until the transaction in which its call is carried out changes it. So a server
//! that is killed in between does it at its next start, and one that is killed after it does not do it twice.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use pilothouse_api::{Fault, FaultKind};

use super::{report, rung};
use crate::access::Operator;
use crate::cx::{ApprovalGrant, Call, Caller};
use crate::door::Door;
use crate::doorbell::Subject;
use crate::internal::{
    ApprovedCall, EndArmings, ExpireApprovals, LookForApprovals, StopApproval, TakeApproved,
};
use crate::operations;

/// How often it is looked without a ring: armings and requests end by time alone.
const PERIOD: Duration = Duration::from_secs(1);

/// The reconciler.
pub(super) async fn run(door: Door) {
    let mut bell = door.doorbell().listen();
    loop {
        activate(&door).await;
        // The ring of a decision may be lost to a lag; the period finds it.
        let _ = tokio::time::timeout(PERIOD, rung(&mut bell, |subject| *subject == Subject::Approvals)).await;
    }
}

/// One look, and what is to be done by it.
pub(super) async fn activate(door: &Door) {
    let work = match door.perform(&Call::system(), LookForApprovals {}).await {
        Ok(work) => work,
        Err(fault) => return report("approvals", &fault),
    };
    if work.armings
        && let Err(fault) = door.perform(&Call::system(), EndArmings {}).await
    {
        report("armings", &fault);
    }
    if work.overdue
        && let Err(fault) = door.perform(&Call::system(), ExpireApprovals {}).await
    {
        report("approvals", &fault);
    }
    for approval_id in work.approved {
        if let Err(fault) = carry_out(door, &approval_id).await {
            stop(door, approval_id, fault).await;
        }
    }
}

/// Makes the call of an approved request.
async fn carry_out(door: &Door, approval_id: &str) -> Result<(), Fault> {
    let take = TakeApproved { approval_id: approval_id.to_owned() };
    let ApprovedCall { requester, region, target, body, digest } =
        door.perform(&Call::system(), take).await?;
    let mounted = operations::find(&target).ok_or_else(|| {
        Fault::caller("UnknownOperationException", format!("there is no operation {target} any more"))
    })?;
    let operator = Operator { who: requester.who, access_key_id: requester.access_key_id, expires_at: None };
    let call = Call {
        caller: Caller::Operator(Arc::new(operator)),
        region,
        request_id: door.dice().uuid(),
        source: requester.source,
        user_agent: requester.user_agent,
        renewal: false,
        approval: Some(ApprovalGrant {
            approval_id: approval_id.to_owned(),
            targets_digest: digest,
            armed: requester.armed,
        }),
        mandate: None,
    };
    // A task of its own: a panic is the call's, not the reconciler's.
    let work = tokio::spawn(mounted(door.clone(), call, Bytes::from_owner(body)));
    let outcome = work.await.map_err(|error| {
        tracing::error!(%error, target, "an approved operation panicked");
        Fault::internal("the server failed to carry it out: see its log")
    })?;
    outcome.map(drop)
}

/// What could not be carried out is over, but where trying again can help.
async fn stop(door: &Door, approval_id: String, fault: Fault) {
    if fault.kind == FaultKind::Unavailable {
        report("approvals", &fault);
        return;
    }
    tracing::info!(approval_id, %fault, "an approved call was stopped");
    let stop = StopApproval { approval_id, outcome: fault.to_string() };
    if let Err(fault) = door.perform(&Call::system(), stop).await {
        report("approvals", &fault);
    }
}
