//! What is decided, and what it hangs on beside principal, action and resource.

use std::collections::BTreeSet;
use std::net::IpAddr;

use pilothouse_api::access::{Because, Decision};

use super::Resource;

/// The circumstances of a call: `context` in policies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Circumstances {
    /// Environments that the caller has armed.
    pub armed: BTreeSet<String>,
    /// Whether somebody else has approved exactly this call.
    pub approved: bool,
    /// Resources that the call touches.
    pub target_count: usize,
    /// Where it comes from; absent for the server's own.
    pub source: Option<IpAddr>,
    /// The region that it works in.
    pub region: String,
}

/// What is decided about one resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// What.
    pub decision: Decision,
    /// The statements that decided.
    pub because: Vec<Because>,
}

impl Verdict {
    /// Whether the call may go on.
    #[must_use]
    pub fn is_allowed(&self) -> bool {
        self.decision == Decision::Allowed
    }

    /// Why, in a sentence for people.
    #[must_use]
    pub fn sentence(&self, resource: &Resource) -> String {
        let environment = resource.environment().unwrap_or("its environment");
        let by = self.because.iter().map(|because| {
            let reason = because.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
            format!("policy {} line {}{reason}", because.policy, because.line)
        });
        let by = by.collect::<Vec<_>>().join("; ");
        match self.decision {
            Decision::Allowed => format!("permitted by {by}"),
            Decision::Forbidden => format!("forbidden by {by}"),
            Decision::NotPermitted => String::from("no policy permits it"),
            Decision::NeedsArming => format!("{environment} is not armed by you: arm it first ({by})"),
            Decision::NeedsApproval => format!("somebody else has to approve it ({by})"),
        }
    }
}
