//! Calls that wait for somebody else's approval: how one is asked for, and how the approved call is held to what was shown.
//!
//! A call that only lacks an approval is carried out to its end all the same, so that everything it would touch is known and
//! nobody is asked to approve what would fail; then it is rolled back.

use std::collections::BTreeSet;

use futures_util::future::BoxFuture;
use pilothouse_api::Fault;
use pilothouse_api::approvals::{APPROVAL_REQUIRED, ApprovalState, ApprovalTarget};
use pilothouse_api::operation::{Access as Effect, Operation};
use pilothouse_protocol::Millis;
use pilothouse_store::{Tx, approvals};
use serde_json::Value;
use zeroize::{Zeroize as _, Zeroizing};

use super::shown::{Contents, changes, contents, digest, targets};
use super::{Door, answers_with_a_secret};
use crate::audit::MASK;
use crate::cx::{ApprovalGrant, Asked, Call, store_fault};
use crate::internal::{RequestApproval, RequestedApproval, Requester, TARGETS_CHANGED};

/// What a call lacks nothing for but an approval.
pub(super) struct Waiting {
    why: String,
    targets: Vec<ApprovalTarget>,
    contents: Contents,
    armed: BTreeSet<String>,
}

impl Waiting {
    /// What `asked` says of it, under what was armed; `None` when the call lacks no approval.
    pub(super) fn of(asked: &mut Asked, armed: BTreeSet<String>) -> Option<Self> {
        let why = asked.wants_approval.take()?;
        let (targets, contents) = (targets(&asked.resources), contents(&asked.resources));
        Some(Self { why, targets, contents, armed })
    }

    /// The policies' reason.
    pub(super) fn why(&self) -> &str {
        &self.why
    }

    /// The answer to a call that nobody can approve; `None` when somebody can.
    pub(super) fn refused<O: Operation>(&self) -> Option<Fault> {
        let because = match (O::ACCESS, answers_with_a_secret::<O>()) {
            (Effect::Read, _) => "what only looks cannot be approved",
            (Effect::Write, true) => {
                "its answer is a secret for its caller alone, so it cannot be carried out later"
            }
            (Effect::Write, false) => return None,
        };
        Some(Fault::denied(format!(
            "{}; {because}: ask for a policy that permits {}",
            self.why,
            O::PERMISSION
        )))
    }
}

/// The body to keep of a call that may turn out to wait. Only calls of operators that change something can.
pub(super) fn body<O: Operation>(call: &Call, operation: &O) -> Option<Zeroizing<Vec<u8>>> {
    let may_wait = O::ACCESS == Effect::Write && call.caller.operator().is_some() && call.approval.is_none();
    may_wait.then(|| serde_json::to_vec(operation).ok().map(Zeroizing::new)).flatten()
}

/// What is asked for.
pub(super) fn request<O: Operation>(call: &Call, body: &[u8], waiting: Waiting) -> Option<RequestApproval> {
    let operator = call.caller.operator()?;
    let mut shown = serde_json::from_slice(body).ok()?;
    mask(&mut shown, O::SECRETS);
    Some(RequestApproval {
        requester: Requester {
            who: operator.who.clone(),
            access_key_id: operator.access_key_id.clone(),
            source: call.source.clone(),
            user_agent: call.user_agent.clone(),
            armed: waiting.armed,
        },
        target: O::TARGET.to_owned(),
        operation: O::NAME.to_owned(),
        permission: O::PERMISSION.to_owned(),
        body: body.into(),
        shown,
        digest: digest(&waiting.targets, &waiting.contents),
        targets: waiting.targets,
        why: waiting.why,
    })
}

/// The answer to who has to wait.
pub(super) fn required(why: &str, request: &RequestedApproval) -> Fault {
    let RequestedApproval { approval_id, expires_at } = request;
    let until = moment(*expires_at);
    Fault::caller(
        APPROVAL_REQUIRED,
        format!(
            "{why}. Request {approval_id} waits for it: anyone who may pilothouse:DecideApproval on it, not you, can approve it \
             until {until}; then it runs by itself, exactly as it was sent"
        ),
    )
}

impl Door {
    /// Asks for the approval that a call lacks; the answer to its caller. `approval_id` is where the request's id is noted.
    pub(super) async fn wait<O: Operation>(
        &self,
        call: &Call,
        body: &[u8],
        waiting: Waiting,
        approval_id: Option<&mut Option<String>>,
    ) -> Fault {
        if let Some(fault) = waiting.refused::<O>() {
            return fault;
        }
        let why = waiting.why().to_owned();
        let Some(request) = request::<O>(call, body, waiting) else {
            tracing::error!(operation = O::NAME, "a call that waits for approval cannot be kept");
            return Fault::internal("the server could not keep this request for approval: see its log");
        };
        match self.request_approval(&call.region, request).await {
            Ok(requested) => {
                let fault = required(&why, &requested);
                if let Some(noted) = approval_id {
                    *noted = Some(requested.approval_id);
                }
                fault
            }
            Err(fault) => fault,
        }
    }

    /// A type of its own ends the circle: every call may end in a request, which is a call.
    fn request_approval(
        &self,
        region: &str,
        request: RequestApproval,
    ) -> BoxFuture<'_, Result<RequestedApproval, Fault>> {
        let call = Call { region: region.to_owned(), ..Call::system() };
        Box::pin(async move { self.perform(&call, request).await })
    }
}

/// A moment for people: in UTC, to the second.
fn moment(at: Millis) -> String {
    let at = jiff::Timestamp::from_second(at.0.div_euclid(1000));
    at.map_or_else(|_| String::from("the end of time"), |at| at.to_string())
}

/// Holds an approved call to what was shown, and marks its request as carried out, in the call's own transaction: so it runs
/// once, whatever happens and whoever tries.
///
/// # Errors
/// [`TARGETS_CHANGED`] when it would touch something else, or when it was carried out already.
pub(super) async fn settle(
    tx: &mut Tx,
    grant: &ApprovalGrant,
    asked: &Asked,
    now: Millis,
) -> Result<(), Fault> {
    let id = &grant.approval_id;
    let (touched, contents) = (targets(&asked.resources), contents(&asked.resources));
    if digest(&touched, &contents) != grant.targets_digest {
        let request = approvals::get(tx, id).await.map_err(store_fault)?;
        let shown = request.map(|request| request.targets).unwrap_or_default();
        return Err(Fault::caller(TARGETS_CHANGED, changes(&shown, &touched, &contents)));
    }
    let made: Vec<String> = asked.created.iter().map(ToString::to_string).collect();
    let outcome = if made.is_empty() { String::from("done") } else { made.join(", ") };
    let step = (ApprovalState::Approved, ApprovalState::Executed);
    if approvals::end(tx, id, step, now, &outcome).await.map_err(store_fault)? {
        return Ok(());
    }
    Err(Fault::caller("ApprovalIsOverException", format!("{id} was carried out, or is over, already")))
}

/// Masks members by name, wherever they stand.
fn mask(value: &mut Value, secrets: &[&str]) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                if secrets.contains(&name.as_str()) {
                    if let Value::String(text) = member {
                        text.zeroize();
                    }
                    *member = Value::from(MASK);
                } else {
                    mask(member, secrets);
                }
            }
        }
        Value::Array(elements) => elements.iter_mut().for_each(|element| mask(element, secrets)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_masked_wherever_they_stand() {
        let mut shown = serde_json::json!({"Value": "s3cret", "in": [{"Value": 5, "Name": "n"}]});
        mask(&mut shown, &["Value"]);
        assert_eq!(shown, serde_json::json!({"Value": MASK, "in": [{"Value": MASK, "Name": "n"}]}));
    }
}
