//! RequestApproval: keeps a call until somebody decides about it.

use pilothouse_api::Fault;
use pilothouse_api::approvals::ApprovalState;
use pilothouse_store::approvals::{self, ApprovalRecord, StoredCall};
use serde_json::Value;

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
/// Bytes of a request's texts that listings tell.
const BRIEF: usize = 8 * 1024;
/// Characters of one text, and elements of one array, that listings tell.
const BRIEF_TEXT: usize = 1024;
const BRIEF_ELEMENTS: usize = 50;
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
        Ok(*body == self.body)
    }

    async fn keep(self, cx: &mut Cx<'_>, person: String) -> Result<RequestedApproval, Fault> {
        let [_, _, id @ ..] = cx.dice.bytes::<8>();
        let approval_id = format!("apr-{}", hex::encode(id));
        let name = format!("approval/{approval_id}");
        let ports = cx.ports;
        let sealed = ports.secrets.seal(&name, &self.body).await.map_err(secrets_fault)?;
        let key_id = key_id_of(&name, &sealed).map_err(secrets_fault)?.to_string();
        let caller = serde_json::to_value(&self.requester).map_err(Fault::internal)?;
        let mut environments: Vec<String> =
            self.targets.iter().filter_map(|target| target.environment.clone()).collect();
        environments.sort();
        environments.dedup();
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
        let brief = brief(&record.request, &mut BRIEF.clone());
        let call = StoredCall { caller, sealed, key_id };
        approvals::insert(cx.tx, &record, &brief, &call).await.map_err(store_fault)?;
        Ok(RequestedApproval { approval_id, expires_at })
    }
}

/// Why the caller wants it, if the request says so.
fn reason(request: &Value) -> String {
    let said = ["/Comment", "/Command/Comment", "/Reason", "/Description"]
        .iter()
        .find_map(|place| request.pointer(place).and_then(Value::as_str).filter(|it| !it.is_empty()));
    said.unwrap_or_default().chars().take(REASON).collect()
}

/// A value with its long parts cut, which is said where they were. `left` is how many bytes it may still take.
fn brief(value: &Value, left: &mut usize) -> Value {
    match value {
        Value::String(text) => {
            let shown: String = text.chars().take(BRIEF_TEXT.min(*left)).collect();
            *left = left.saturating_sub(shown.len());
            let cut = text.len() - shown.len();
            Value::from(if cut > 0 { format!("{shown}… ({cut} bytes more)") } else { shown })
        }
        Value::Array(elements) => {
            let mut shown = Vec::new();
            for element in elements.iter().take(BRIEF_ELEMENTS) {
                if *left == 0 {
                    break;
                }
                shown.push(brief(element, left));
            }
            let cut = elements.len() - shown.len();
            if cut > 0 {
                shown.push(Value::from(format!("… {cut} more")));
            }
            Value::Array(shown)
        }
        Value::Object(members) => {
            let mut shown = serde_json::Map::new();
            for (name, member) in members {
                let cost = name.len() + 8;
                if cost > *left {
                    shown.insert(
                        String::from("…"),
                        Value::from(format!("{} more", members.len() - shown.len())),
                    );
                    break;
                }
                *left -= cost;
                shown.insert(name.clone(), brief(member, left));
            }
            Value::Object(shown)
        }
        other => {
            *left = left.saturating_sub(8);
            other.clone()
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_short_is_told_as_it_is() {
        let request =
            json!({"DocumentName": "AWS-RunShellScript", "Parameters": {"commands": ["id", "date"]}, "n": 5});
        assert_eq!(brief(&request, &mut BRIEF.clone()), request);
    }

    #[test]
    fn long_parts_are_cut_and_it_is_said_where() {
        let long = "ü".repeat(BRIEF_TEXT + 1);
        let many: Vec<_> = (0..BRIEF_ELEMENTS + 7).collect();
        let told = brief(&json!({"text": long, "many": many}), &mut BRIEF.clone());
        assert!(told["text"].as_str().unwrap().ends_with("ü… (2 bytes more)"), "{told}");
        assert_eq!(told["many"][BRIEF_ELEMENTS], "… 7 more");
    }

    #[test]
    fn however_large_a_request_is_it_is_told_in_a_bounded_size() {
        let element = json!({"key": "k".repeat(500), "values": vec!["v".repeat(900); 40]});
        let told = brief(&json!({"a": vec![element; 40], "b": "b".repeat(9_000)}), &mut BRIEF.clone());
        assert!(told.to_string().len() < 2 * BRIEF, "{}", told.to_string().len());
    }

    #[test]
    fn the_callers_reason_is_the_comment_wherever_it_stands() {
        assert_eq!(reason(&json!({"Comment": "c"})), "c");
        assert_eq!(reason(&json!({"Command": {"Comment": "c"}, "Nodes": []})), "c");
        assert_eq!(reason(&json!({"Comment": ""})), "");
    }
}
