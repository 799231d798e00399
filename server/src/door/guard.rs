//! Who may have an operation carried out, and that no operation forgets to ask.

use std::future::Future;

use pilothouse_api::operation::Operation;
use pilothouse_api::{Fault, Violations};
use pilothouse_protocol::Millis;

use crate::access::{Operator, Resource, Snapshot};
use crate::cx::{Call, Cx, never};

/// The code of the refusal of a key that was in force when its stream was opened, and is not any more.
pub(crate) const NOT_IN_FORCE: &str = "UnrecognizedClientException";

/// How it is decided whether a caller may have an operation carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guard {
    /// By the kind of caller: what nodes, candidates and the server itself ask for.
    Kind,
    /// Every operator may: it tells the caller about itself.
    Known,
    /// By policies, on the account: it has no resource.
    Account,
    /// By policies, on each resource that `run` resolves ([`Cx::require`], [`Cx::sifter`]). A `run` that ends well without
    /// having asked is a bug, and is refused.
    Resources,
}

/// How the server carries an operation out. An operation without it does not compile into the door.
pub trait Run: Operation {
    /// How it is authorized. There is no default: it must be said of every operation.
    const GUARD: Guard;
    /// Whether it asks for other permissions than its own: those of the operations whose work it shows.
    const DELEGATES: bool = false;
    /// Whether calls are written to the audit trail; not so for what nodes report by the thousand.
    const AUDITED: bool = true;

    /// Carries it out.
    ///
    /// # Errors
    /// A fault rolls everything back.
    fn run(self, cx: &mut Cx<'_>) -> impl Future<Output = Result<Self::Reply, Fault>> + Send;
}

/// Refuses what breaks a constraint of the model. The answer, which is recorded, repeats nothing of a request that may hold secrets.
pub(super) fn is_valid<O: Operation>(operation: &O) -> Result<(), Fault> {
    let mut violations = if O::SECRETS.is_empty() { Violations::default() } else { Violations::discreet() };
    operation.validate(&mut violations);
    violations.into_result()
}

/// Refuses at once whom nothing could permit the operation, before anything is read for it.
pub(super) fn may_ever<O: Run>(access: &Snapshot, call: &Call, now: Millis) -> Result<(), Fault> {
    let (caller, permission) = (&call.caller, O::PERMISSION);
    let is_made_later = call.approval.is_some() || call.mandate.is_some();
    let is_in_force = |operator: &Operator| match is_made_later {
        true => access.stands(operator),
        false => access.is_in_force(operator, now),
    };
    if let Some(operator) = caller.operator().filter(|operator| !is_in_force(operator)) {
        // Not seen by who signs anew: a stream outlives the request that opened it, but not its key.
        let id = &operator.access_key_id;
        return Err(Fault {
            code: NOT_IN_FORCE.into(),
            ..Fault::denied(format!("the access key {id} is not in force any more"))
        });
    }
    if !caller.is_of_kind(permission) {
        return Err(Fault::denied(format!("{caller} is not authorized to perform: {permission}")));
    }
    match (caller.operator(), O::GUARD) {
        (None, _) | (_, Guard::Kind | Guard::Known) => Ok(()),
        // It asks for the permissions of what is followed.
        (Some(_), Guard::Resources) if O::DELEGATES => Ok(()),
        (Some(operator), Guard::Account | Guard::Resources) => {
            let groups = access.groups_of(&operator.who);
            let ever = access.policies.may_ever(&operator.who, groups, permission);
            ever.map_err(|because| never(operator, permission, because.as_ref()))
        }
    }
}

/// Runs it, and lets nothing pass that did not ask.
pub(super) async fn run<O: Run>(operation: O, cx: &mut Cx<'_>) -> Result<O::Reply, Fault> {
    if O::GUARD == Guard::Account {
        cx.require(vec![Resource::account(cx.account_id)]).await?;
    }
    let reply = operation.run(cx).await?;
    if O::GUARD == Guard::Resources && !cx.asked.is_asked {
        tracing::error!(operation = O::NAME, "an operation did not ask whether its caller may");
        return Err(Fault::internal("the server failed to authorize this request: see its log"));
    }
    Ok(reply)
}

/// Runs an operation on the way of another, by its own permission and not by that of the operation that was called.
///
/// # Errors
/// Its own.
pub(crate) async fn run_as_itself<O: Run>(cx: &mut Cx<'_>, operation: O) -> Result<O::Reply, Fault> {
    let called = std::mem::replace(&mut cx.permission, O::PERMISSION);
    let reply = operation.run(cx).await;
    cx.permission = called;
    reply
}

#[cfg(test)]
mod tests {
    use pilothouse_api::operation::Access;
    use serde::{Deserialize, Serialize};

    use super::*;

    #[derive(Serialize, Deserialize)]
    struct Keep {
        value: String,
    }

    impl Operation for Keep {
        type Reply = ();
        const NAME: &'static str = "Keep";
        const TARGET: &'static str = "Test.Keep";
        const PERMISSION: &'static str = "test:Keep";
        const ACCESS: Access = Access::Write;
        const SECRETS: &'static [&'static str] = &["value"];

        fn validate(&self, violations: &mut Violations) {
            violations.length("value", &self.value, 0, 4);
        }
    }

    #[test]
    fn a_secret_that_breaks_a_constraint_is_not_repeated() {
        let message = is_valid(&Keep { value: "s3cret".into() }).unwrap_err().message;
        assert!(message.contains("'value'") && !message.contains("s3cret"), "{message}");
    }
}
