//! RequestApproval: keeps a call until somebody decides about it.

use std::collections::BTreeSet;

use pilothouse_api::Fault;
use pilothouse_api::approvals::{ApprovalState, ApprovalTarget};
use pilothouse_store::approvals::{self, ApprovalRecord, StoredCall};
use serde_json::Value;

use super::brief::brief;
use super::execute::{opened, requester, secrets_fault};
use crate::cx::{Cx, store_fault};
use crate::door::{Guard, Run};
use crate::doorbell::Subject;
use crate::internal::{RequestApproval, RequestedApproval};
use crate::secrets::key_id_of;

/// Requests of one person that may wait at a time.
const MAX_PENDING: usize = 50;
/// Bytes of a call that is kept.
const MAX_BODY: usize = 2 * 1024 * 1024;
/// Characters of the caller's reason.
const REASON: usize = 256;

impl Run for RequestApproval {
    const GUARD: Guard = Guard::Kind;
    // The row of the call that waits says it.
    const AUDITED: bool = false;

    async fn run(self, cx: &mut Cx<'_>) -> Result<RequestedApproval, Fault> {
        if self.body.len() > MAX_BODY {
            let message = format!(
                "this call needs an approval, and takes {} bytes: {MAX_BODY} at most can be kept until somebody decides",
                self.body.len()
            );
            return Err(Fault::caller("LimitExceededException", message));
        }
        // From here on nobody else adds a request: equal ones are not doubled, and limits hold.
        cx.tx.revision("").await.map_err(store_fault)?;
        let person = self.requester.who.person();
        let pending = approvals::pending_of(cx.tx, &person, cx.now).await.map_err(store_fault)?;
        for waiting in &pending {
            if self.is_equal_to(cx, waiting).await? {
                let (approval_id, expires_at) = (waiting.approval_id.clone(), waiting.expires_at);
                return Ok(RequestedApproval { approval_id, expires_at });
            }
        }
        if pending.len() >= MAX_PENDING {
            let message = format!(
                "this call needs an approval, and {MAX_PENDING} requests of {person} wait already: withdraw some"
            );
            return Err(Fault::caller("LimitExceededException", message));
        }
        let requested = self.keep(cx, person).await?;
        cx.ring_in("", Subject::Approvals);
        Ok(requested)
    }
}

impl RequestApproval {
    /// Whether the same person, in the same role, waits for an approval of the same already.
    async fn is_equal_to(&self, cx: &mut Cx<'_>, waiting: &ApprovalRecord) -> Result<bool, Fault> {
        if (waiting.target.as_str(), &waiting.digest) != (self.target.as_str(), &self.digest)
            || waiting.region != cx.region()
        {
            return Ok(false);
        }
        let call = approvals::call(cx.tx, &waiting.approval_id).await.map_err(store_fault)?;
        let Some(call) = call else { return Ok(false) };
        if requester(&call)?.who.principal() != self.requester.who.principal() {
            return Ok(false);
        }
        let body = opened(cx.ports, &waiting.approval_id, &call).await?;
        Ok(body.as_slice() == &*self.body)
    }

    async fn keep(self, cx: &mut Cx<'_>, person: String) -> Result<RequestedApproval, Fault> {
        let approval_id = draw_id(cx);
        let name = format!("approval/{approval_id}");
        let ports = cx.ports;
        let sealed = ports.secrets.seal(&name, &self.body).await.map_err(secrets_fault)?;
        let key_id = key_id_of(&name, &sealed).map_err(secrets_fault)?.to_string();
        let caller = serde_json::to_value(&self.requester).map_err(Fault::internal)?;
        let environments = environments(&self.targets);
        let expires_at = cx.now.plus_seconds(cx.rules.approval_expires_seconds);
        let record = ApprovalRecord {
            approval_id: approval_id.clone(),
            region: cx.region().to_owned(),
            person,
            requested_by: self.requester.who.to_string(),
            requested_at: cx.now,
            expires_at,
            target: self.target,
            operation: self.operation,
            permission: self.permission,
            reason: reason(&self.shown),
            target_count: i64::try_from(self.targets.len()).unwrap_or(i64::MAX),
            targets: self.targets,
            digest: self.digest,
            environments,
            why: self.why,
            state: ApprovalState::Pending,
            decided_by: None,
            decided_at: None,
            decision_comment: String::new(),
            outcome: String::new(),
            revision: 0,
            request: self.shown,
        };
        let brief = brief(&record.request);
        let call = StoredCall { caller, sealed, key_id };
        approvals::insert(cx.tx, &record, &brief, &call).await.map_err(store_fault)?;
        Ok(RequestedApproval { approval_id, expires_at })
    }
}

/// Environments of the targets, in order. An empty text stands for nodes without one, as it does in commands: who decides for one
/// environment does not decide for nodes that are in none.
fn environments(targets: &[ApprovalTarget]) -> Vec<String> {
    let of = |target: &ApprovalTarget| match &target.environment {
        None if target.resource.starts_with("node/") => Some(String::new()),
        environment => environment.clone(),
    };
    targets.iter().filter_map(of).collect::<BTreeSet<_>>().into_iter().collect()
}

fn draw_id(cx: &Cx<'_>) -> String {
    let [_, _, id @ ..] = cx.dice.bytes::<8>();
    format!("apr-{}", hex::encode(id))
}

/// Why the caller wants it, if the request says so.
fn reason(request: &Value) -> String {
    let said = ["/Comment", "/Command/Comment", "/Reason", "/Description"]
        .iter()
        .find_map(|place| request.pointer(place).and_then(Value::as_str).filter(|it| !it.is_empty()));
    said.unwrap_or_default().chars().take(REASON).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_callers_reason_is_the_comment_wherever_it_stands() {
        assert_eq!(reason(&json!({"Comment": "c"})), "c");
        assert_eq!(reason(&json!({"Command": {"Comment": "c"}, "Nodes": []})), "c");
        assert_eq!(reason(&json!({"Comment": ""})), "");
    }
}
