//! What is decided, and what it hangs on beside principal, action and resource.

use std::collections::BTreeSet;
use std::net::IpAddr;

use pilothouse_api::access::{Because, Decision};

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
}
