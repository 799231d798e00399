//! Policies in Cedar: what is written, whether it is right, and what it decides.
//!
//! ```text
//!   texts + attachments ─▶ compile ─▶ statements ─▶ slice for (principal, action) ─▶ what the slice looks at of a resource
//!   resources ─▶ groups that look the same ─▶ one question to Cedar each ─▶ verdicts
//! ```
//!
//! In: stored texts, a principal with its groups, an action, resources, circumstances. Out: verdicts with the statements that
//! decided, findings with their line, sentences for people.
//!
//! Never here: the store, HTTP, clocks; nobody else in the house knows Cedar.

use pilothouse_api::Access;
use pilothouse_api::access::{Decision, Finding};

use super::{Circumstances, Resource, Verdict, Who};

/// A policy as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicySource {
    /// Its name.
    pub name: String,
    /// Cedar statements.
    pub text: String,
    /// Who fills its `?principal`: `user/…`, `group/…`, `role/…`.
    pub attached_to: Vec<String>,
}

/// A policy that came with the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadyMade {
    /// Its name.
    pub name: &'static str,
    /// For people: the comment at its head.
    pub comment: &'static str,
    /// Cedar statements.
    pub text: &'static str,
}

/// An action as policies see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Action {
    /// The permission, such as `ssm:SendCommand`.
    pub name: &'static str,
    /// Action groups that it is in, such as `write`, `ssm`, `access`.
    pub groups: Vec<&'static str>,
    /// Whether it changes anything.
    pub access: Access,
}

/// A policy that cannot be read any more. It permits nothing; if it held a `forbid`, everybody but root is refused until it is mended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// Its name.
    pub policy: String,
    /// Why.
    pub finding: Finding,
}

/// All policies of the account, compiled.
#[derive(Debug, Default)]
pub struct Policies;

impl Policies {
    /// Compiles what is stored. What cannot be read is skipped, logged and listed in [`Self::broken`].
    #[must_use]
    pub fn compile(_sources: &[PolicySource]) -> Self {
        Self
    }

    /// What could not be read.
    #[must_use]
    pub fn broken(&self) -> &[Broken] {
        &[]
    }

    /// Whether any policy could permit this, on whatever resource.
    ///
    /// # Errors
    /// The reason in a sentence, when none can.
    pub fn may_ever(&self, who: &Who, _groups: &[String], action: &str) -> Result<(), String> {
        match who {
            Who::Root => Ok(()),
            _ => Err(format!("no policy permits {action}")),
        }
    }

    /// Decides about every resource, in the order given.
    #[must_use]
    pub fn decide(
        &self,
        who: &Who,
        groups: &[String],
        action: &str,
        resources: &[Resource],
        circumstances: &Circumstances,
    ) -> Vec<Verdict> {
        let mut sieve = self.sieve(who, groups, action, circumstances);
        resources.iter().map(|resource| sieve.verdict(resource)).collect()
    }

    /// What of a listing is shown.
    #[must_use]
    pub fn sieve(
        &self,
        who: &Who,
        _groups: &[String],
        _action: &str,
        _circumstances: &Circumstances,
    ) -> Sieve {
        Sieve { root: *who == Who::Root }
    }
}

/// Decides about one resource after the other; those that look the same to the policies are decided once.
#[derive(Debug)]
pub struct Sieve {
    root: bool,
}

impl Sieve {
    /// Whether it is allowed on this resource.
    pub fn shows(&mut self, resource: &Resource) -> bool {
        self.verdict(resource).is_allowed()
    }

    /// What is decided about this resource.
    pub fn verdict(&mut self, _resource: &Resource) -> Verdict {
        let decision = if self.root { Decision::Allowed } else { Decision::NotPermitted };
        Verdict { decision, because: Vec::new() }
    }
}

/// What is wrong with a policy's text, in order of place; none when it is good.
#[must_use]
pub fn validate(_text: &str) -> Vec<Finding> {
    Vec::new()
}

/// The policies that came with the server.
#[must_use]
pub fn ready_made() -> &'static [ReadyMade] {
    &[]
}

/// Every action, derived from the operations.
#[must_use]
pub fn actions() -> &'static [Action] {
    &[]
}

/// A verdict in one sentence for people.
#[must_use]
pub fn explain(verdict: &Verdict, who: &Who, action: &str, resource: &Resource) -> String {
    format!("{:?}: {} {action} {resource}", verdict.decision, who.principal())
}
