//! Verdicts in sentences.

use pilothouse_api::access::{Because, Decision};

use super::sieve::environments;
use crate::access::{Resource, Verdict, Who};

/// A verdict in one sentence for people, such as `policy prod-armed line 3 forbids it: production must be armed`.
#[must_use]
pub fn explain(verdict: &Verdict, who: &Who, action: &str, resource: &Resource) -> String {
    let Some(because) = verdict.because.first() else { return not_permitted(who, action, Some(resource)) };
    let statement = statement(because);
    let reason = because.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
    let others = match verdict.because.len() {
        0 | 1 => String::new(),
        more => format!(" (and {} more)", more - 1),
    };
    let does = match verdict.decision {
        Decision::Allowed => String::from("permits it"),
        Decision::Forbidden => String::from("forbids it"),
        Decision::NotPermitted => return not_permitted(who, action, Some(resource)),
        Decision::NeedsArming => {
            let environments: Vec<String> = environments(resource).into_iter().collect();
            format!("asks that {} be armed", environments.join(" and "))
        }
        Decision::NeedsApproval => String::from("asks that somebody else approve it"),
    };
    format!("{statement} {does}{reason}{others}")
}

/// A statement's place.
pub(super) fn statement(because: &Because) -> String {
    format!("policy {} line {}", because.policy, because.line)
}

/// That nothing permits it.
fn not_permitted(who: &Who, action: &str, resource: Option<&Resource>) -> String {
    let on = resource.map(|resource| format!(" on {resource}")).unwrap_or_default();
    format!("no policy permits {} to {action}{on}", who.principal())
}

/// Why it may never be done, whatever the resource: the statement that forbids it, or that none permits it.
#[must_use]
pub fn never(who: &Who, action: &str, because: Option<&Because>) -> String {
    let Some(because) = because else { return not_permitted(who, action, None) };
    let reason = because.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
    format!("{} forbids it{reason}", statement(because))
}
