//! LookForApprovals, TakeApproved, StopApproval: what the scheduler needs to make approved calls.

use pilothouse_api::Fault;
use pilothouse_api::approvals::ApprovalState;
use pilothouse_store::approvals::{self, StoredCall};
use pilothouse_store::armings;
use zeroize::Zeroizing;

use super::expire;
use super::list::find;
use crate::cx::{Cx, Ports, store_fault};
use crate::door::{Guard, Run};
use crate::doorbell::Subject;
use crate::internal::{ApprovalWork, ApprovedCall, LookForApprovals, Requester, StopApproval, TakeApproved};
use crate::secrets::SecretsError;

impl Run for LookForApprovals {
    const GUARD: Guard = Guard::Kind;
    const AUDITED: bool = false;

    async fn run(self, cx: &mut Cx<'_>) -> Result<ApprovalWork, Fault> {
        Ok(ApprovalWork {
            armings: armings::any_ended(cx.tx, cx.now).await.map_err(store_fault)?,
            overdue: expire::is_due(cx).await?,
            approved: approvals::approved(cx.tx).await.map_err(store_fault)?,
        })
    }
}

impl Run for TakeApproved {
    const GUARD: Guard = Guard::Kind;
    const AUDITED: bool = false;

    async fn run(self, cx: &mut Cx<'_>) -> Result<ApprovedCall, Fault> {
        let record = find(cx, &self.approval_id).await?;
        let call = approvals::call(cx.tx, &self.approval_id).await.map_err(store_fault)?;
        let Some(call) = call.filter(|_| record.state == ApprovalState::Approved) else {
            return Err(over(&self.approval_id));
        };
        if record.expires_at <= cx.now {
            let message = "it was approved, and the server did not come to run it before it expired";
            return Err(Fault::caller("ApprovalExpiredException", message));
        }
        let body = opened(cx.ports, &self.approval_id, &call).await?;
        Ok(ApprovedCall {
            requester: requester(&call)?,
            region: record.region,
            target: record.target,
            body: body.as_slice().into(),
            digest: record.digest,
        })
    }
}

impl Run for StopApproval {
    const GUARD: Guard = Guard::Kind;

    async fn run(self, cx: &mut Cx<'_>) -> Result<(), Fault> {
        let step = (ApprovalState::Approved, ApprovalState::Stopped);
        let stopped = approvals::end(cx.tx, &self.approval_id, step, cx.now, &self.outcome).await;
        if !stopped.map_err(store_fault)? {
            // It ran, after all; by another server, say.
            return Err(over(&self.approval_id));
        }
        cx.ring_in("", Subject::Approvals);
        Ok(())
    }
}

fn over(id: &str) -> Fault {
    Fault::caller("ApprovalIsOverException", format!("{id} does not wait to be run any more"))
}

/// Who asked for it.
pub(super) fn requester(call: &StoredCall) -> Result<Requester, Fault> {
    serde_json::from_value(call.caller.clone()).map_err(|error| {
        tracing::error!(%error, "who asked for an approval cannot be read");
        Fault::internal("the server cannot read who asked for this approval: see its log")
    })
}

/// The call's body.
pub(super) async fn opened(ports: &Ports, id: &str, call: &StoredCall) -> Result<Zeroizing<Vec<u8>>, Fault> {
    ports.secrets.open(&format!("approval/{id}"), &call.sealed).await.map_err(secrets_fault)
}

/// A failure of the secrets as the caller sees it.
pub(super) fn secrets_fault(error: SecretsError) -> Fault {
    tracing::error!(%error, "the call of a request for approval can be neither sealed nor opened");
    match error {
        SecretsError::Keys(_) => {
            Fault::unavailable("the server cannot reach its master keys: try again, and see its log")
        }
        _ => Fault::internal("the server could not seal or open the call of this request: see its log"),
    }
}
