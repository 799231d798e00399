//! Calls that wait for somebody else's approval: how one is asked for, and how the approved call is held to what was shown.
//!
//! A call that only lacks an approval is carried out to its end all the same, so that everything it would touch is known and
//! nobody is asked to approve what would fail; then it is rolled back.

use std::collections::BTreeSet;

use aws_lc_rs::digest::{Context, SHA256};
use futures_util::future::BoxFuture;
use pilothouse_api::Fault;
use pilothouse_api::approvals::{APPROVAL_REQUIRED, ApprovalState, ApprovalTarget};
use pilothouse_api::operation::{Access as Effect, Operation};
use pilothouse_protocol::Millis;
use pilothouse_store::{Tx, approvals};
use serde_json::Value;
use zeroize::{Zeroize as _, Zeroizing};

use super::{Door, answers_with_a_secret};
use crate::access::Resource;
use crate::audit::MASK;
use crate::cx::{ApprovalGrant, Asked, Call, store_fault};
use crate::internal::{RequestApproval, RequestedApproval, Requester, TARGETS_CHANGED};

/// The most targets that a refusal names as added or removed.
const NAMED: usize = 20;

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

fn targets(resources: &[Resource]) -> Vec<ApprovalTarget> {
    // What moves from one environment into another is shown in both: to decide it is a matter of both.
    let mut seen = BTreeSet::new();
    let all = resources.iter().map(|resource| ApprovalTarget {
        resource: resource.to_string(),
        name: resource.name.clone(),
        environment: resource.environment().map(str::to_owned),
    });
    all.filter(|target| seen.insert((target.resource.clone(), target.environment.clone()))).collect()
}

/// What is to be carried out with something that others may change meanwhile: the target, and the digest of what stands in it.
type Contents = BTreeSet<(String, String)>;

fn contents(resources: &[Resource]) -> Contents {
    let held = |it: &Resource| it.content.clone().map(|content| (it.to_string(), content));
    resources.iter().filter_map(held).collect()
}

/// What a target is: which, and where it belongs. Whoever approved it for one environment has not approved it for another.
fn place(target: &ApprovalTarget) -> (&str, Option<&str>) {
    (target.resource.as_str(), target.environment.as_deref())
}

/// Of what is touched, and of what stands in it where that counts, whatever its order and whatever people call it.
fn digest(targets: &[ApprovalTarget], contents: &Contents) -> String {
    let places: BTreeSet<_> = targets.iter().map(place).collect();
    let mut context = Context::new(&SHA256);
    let mut add = |kind: u8, parts: [&str; 2]| {
        context.update(&[kind]);
        for part in parts {
            // The length keeps two references from being taken for another two.
            context.update(&part.len().to_be_bytes());
            context.update(part.as_bytes());
        }
    };
    for (resource, environment) in places {
        add(u8::from(environment.is_some()), [resource, environment.unwrap_or_default()]);
    }
    for (resource, content) in contents {
        add(2, [resource, content]);
    }
    hex::encode(context.finish())
}

/// What has changed about the targets, for people.
fn changes(shown: &[ApprovalTarget], touched: &[ApprovalTarget], contents: &Contents) -> String {
    let side = |these: &[ApprovalTarget], those: &[ApprovalTarget], what: &str| {
        let those: BTreeSet<_> = those.iter().map(place).collect();
        let gone: Vec<String> =
            these.iter().filter(|target| !those.contains(&place(target))).map(called).collect();
        let more = match gone.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        (!gone.is_empty()).then(|| format!("{what}: {}{more}", gone[..gone.len().min(NAMED)].join(", ")))
    };
    let sides = [side(touched, shown, "added"), side(shown, touched, "removed")];
    let sides = sides.into_iter().flatten().collect::<Vec<_>>().join("; ");
    if sides.is_empty() {
        let which = contents.iter().map(|(resource, _)| resource.as_str()).collect::<Vec<_>>().join(", ");
        return format!(
            "what {which} says is not what was approved any more: send it again, and have it approved anew"
        );
    }
    format!(
        "the targets are not those that were approved any more ({sides}): send it again, and have it approved anew"
    )
}

fn called(target: &ApprovalTarget) -> String {
    let ApprovalTarget { resource, name, environment } = target;
    let place = environment.as_ref().map(|environment| format!(" in {environment}")).unwrap_or_default();
    if resource.ends_with(name.as_str()) {
        format!("{resource}{place}")
    } else {
        format!("{name} ({resource}){place}")
    }
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
    use crate::access::Kind;

    fn target(reference: &str) -> ApprovalTarget {
        ApprovalTarget { resource: reference.into(), name: "web".into(), environment: None }
    }

    #[test]
    fn a_digest_does_not_hang_on_order_or_names_and_tells_every_other_set_apart() {
        let [a, b] = [target("node/a"), target("node/b")];
        let renamed = ApprovalTarget { name: "db".into(), ..a.clone() };
        let full = digest;
        let digest = |targets: &[_]| full(targets, &Contents::new());
        assert_eq!(digest(&[a.clone(), b.clone()]), digest(&[b.clone(), renamed]));
        let moved = ApprovalTarget { environment: Some("prod".into()), ..a.clone() };
        assert_ne!(digest(&[moved]), digest(std::slice::from_ref(&a)));
        assert_ne!(digest(std::slice::from_ref(&a)), digest(&[a, b]));
        assert_ne!(digest(&[target("ab"), target("c")]), digest(&[target("a"), target("bc")]));
        let holding = |text: &str| contents(&[Resource::new(Kind::Policy, "p").holding(text)]);
        let ab = [target("ab")];
        assert_ne!(full(&ab, &holding("one")), full(&ab, &holding("two")));
        assert_ne!(full(&ab, &holding("one")), digest(&ab));
    }

    #[test]
    fn what_was_added_and_removed_is_named() {
        let changes = |shown: &[_], touched: &[_]| changes(shown, touched, &Contents::new());
        let said = changes(&[target("node/a"), target("node/b")], &[target("node/b"), target("node/c")]);
        assert!(said.contains("added: web (node/c); removed: web (node/a)"), "{said}");
        let many: Vec<_> = (0..25).map(|n| target(&format!("node/{n}"))).collect();
        assert!(changes(&[], &many).contains("and 5 more"));
    }

    #[test]
    fn secrets_are_masked_wherever_they_stand() {
        let mut shown = serde_json::json!({"Value": "s3cret", "in": [{"Value": 5, "Name": "n"}]});
        mask(&mut shown, &["Value"]);
        assert_eq!(shown, serde_json::json!({"Value": MASK, "in": [{"Value": MASK, "Name": "n"}]}));
    }
}
