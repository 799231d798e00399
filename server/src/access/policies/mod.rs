//! Policies in Cedar: what is written, whether it is right, and what it decides.
//!
//! ```text
//!   texts + attachments ─▶ statements ─▶ slice for (principal, action) ─▶ what the slice looks at of a resource
//!   resources ─▶ groups that look the same ─▶ one question to Cedar each ─▶ verdicts
//! ```
//!
//! In: stored texts, a principal with its groups, an action, resources, circumstances. Out: verdicts with the statements that
//! decided, findings with their line, sentences for people.
//!
//! Root is permitted everything by a statement that is built in. What is forbidden is forbidden to root too, so that arming and
//! approval bind it, but for reading and for what changes principals and policies: root can always mend a policy.
//!
//! Never here: the store, HTTP, clocks. Nobody else in the house knows Cedar.

mod checks;
mod entity;
mod explain;
mod finding;
mod looks;
mod question;
mod reach;
mod ready_made;
mod schema;
mod scope;
mod seen;
mod sieve;
mod slice;
mod slices;
mod statement;
mod text;
mod validate;
mod verdicts;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use pilothouse_api::access::{Because, Finding, Severity};

pub use checks::{Checks, NotChecked};
pub use explain::{explain, never};
pub use reach::Reach;
pub use ready_made::{ReadyMade, ready_made};
pub use schema::{Action, actions};
pub use sieve::Sieve;
pub(crate) use sieve::environments;
pub use validate::{MAX_STATEMENTS, validate};

use super::{Circumstances, Resource, Verdict, Who};
use sieve::Law;
use slice::Slice;
use slices::Slices;
use statement::Statement;
use verdicts::Verdicts;

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

/// A policy that cannot be read any more. It permits nothing; if it held a `forbid`, everybody but root is refused until it is
/// mended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// Its name.
    pub policy: String,
    /// Why.
    pub finding: Finding,
    /// Whether its text speaks of forbidding.
    pub forbids: bool,
}

/// All policies of the account, compiled.
#[derive(Debug, Default)]
pub struct Policies {
    statements: Vec<Statement>,
    broken: Vec<Broken>,
    slices: Slices,
    verdicts: Verdicts,
}

impl Policies {
    /// Compiles what is stored. What cannot be read is skipped, logged and listed in [`Self::broken`].
    #[must_use]
    pub fn compile(sources: &[PolicySource]) -> Self {
        let mut policies = Self::default();
        let all = text::deep(|| sources.iter().map(statement::statements).collect::<Vec<_>>())
            .unwrap_or_else(|reason| {
                let none = |source: &PolicySource| {
                    Err(finding::finding(&source.text, 0, Severity::Error, reason.clone()))
                };
                sources.iter().map(none).collect()
            });
        for (source, read) in sources.iter().zip(all) {
            match read {
                Ok(statements) => policies.statements.extend(statements),
                Err(finding) => {
                    let (line, message) = (finding.line, &finding.message);
                    tracing::error!(policy = source.name, line, message, "a policy cannot be read");
                    let forbids = source.text.contains("forbid");
                    policies.broken.push(Broken { policy: source.name.clone(), finding, forbids });
                }
            }
        }
        policies
    }

    /// What could not be read.
    #[must_use]
    pub fn broken(&self) -> &[Broken] {
        &self.broken
    }

    /// Whether a statement could permit this, on whatever resource.
    ///
    /// # Errors
    /// The statement that forbids it whatever the resource; `None` when it is only that none permits it. [`never`] says it in a
    /// sentence.
    pub fn may_ever(&self, who: &Who, groups: &[String], action: &str) -> Result<(), Option<Because>> {
        match self.law(who, groups, action) {
            Law::Slice(slice) => slice.could().map_err(|never| never.cloned()),
            Law::Closed(because) => Err(because.first().cloned()),
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
    ) -> Vec<Arc<Verdict>> {
        let mut sieve = self.sieve(who, groups, action, circumstances);
        resources.iter().map(|resource| sieve.verdict(resource)).collect()
    }

    /// What of a listing is shown.
    #[must_use]
    pub fn sieve(&self, who: &Who, groups: &[String], action: &str, circumstances: &Circumstances) -> Sieve {
        Sieve::new(self.law(who, groups, action), circumstances, self.verdicts.clone())
    }

    /// Whether what a principal has armed can matter to this action: if not, nobody needs to know it.
    #[must_use]
    pub fn minds_arming(&self, who: &Who, groups: &[String], action: &str) -> bool {
        match self.law(who, groups, action) {
            Law::Slice(slice) => slice.looks.armed,
            Law::Closed(_) => false,
        }
    }

    fn law(&self, who: &Who, groups: &[String], action: &str) -> Law {
        let closed: Vec<Because> =
            self.broken.iter().filter(|it| it.forbids && *who != Who::Root).map(unread).collect();
        if !closed.is_empty() {
            return Law::Closed(closed);
        }
        self.slice(who, groups, action).map_or_else(|| Law::Closed(Vec::new()), Law::Slice)
    }

    fn slice(&self, who: &Who, groups: &[String], action: &str) -> Option<Arc<Slice>> {
        self.slices.get(who, groups, action, || {
            let mut slice = Slice::cut(&self.statements, who, groups, action)?;
            slice.number = self.verdicts.next_slice();
            Some(Arc::new(slice))
        })
    }
}

fn unread(broken: &Broken) -> Because {
    Because {
        policy: broken.policy.clone(),
        line: broken.finding.line,
        effect: String::from("forbid"),
        reason: Some(format!(
            "the policy cannot be read any more, so nobody but root may do anything: {}",
            broken.finding.message
        )),
    }
}
