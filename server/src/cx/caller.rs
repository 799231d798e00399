//! Who calls, and one call.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use pilothouse_protocol::InstanceId;

use crate::access::{Operator, Who};

/// Who calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caller {
    /// Somebody whose signature was true: what they may is decided by policies.
    Operator(Arc<Operator>),
    /// A node on its proven link.
    Node(InstanceId),
    /// A node that is proving itself: it may enrol or be admitted, nothing else.
    Candidate,
    /// The server itself, by the clock.
    System,
}

impl Caller {
    /// The holder of the root credentials, by the key that signed.
    #[must_use]
    pub fn root(access_key_id: &str) -> Self {
        let access_key_id = access_key_id.to_owned();
        Self::Operator(Arc::new(Operator { who: Who::Root, access_key_id, expires_at: None }))
    }

    /// Whether callers of this kind may ever ask for what needs `permission`: `agent:` is the nodes', `link:` the candidates',
    /// `system:` the server's own, everything else the operators', of whom policies decide.
    #[must_use]
    pub fn is_of_kind(&self, permission: &str) -> bool {
        let kind = permission.split(':').next().unwrap_or_default();
        match self {
            Self::Operator(_) => !matches!(kind, "agent" | "link" | "system"),
            Self::Node(_) => kind == "agent",
            Self::Candidate => kind == "link",
            Self::System => kind == "system",
        }
    }

    /// The operator, if it is one.
    #[must_use]
    pub fn operator(&self) -> Option<&Arc<Operator>> {
        match self {
            Self::Operator(operator) => Some(operator),
            _ => None,
        }
    }

    /// The human behind an operator, `root` or `user/NAME`; the caller's own name for all others.
    #[must_use]
    pub fn person(&self) -> String {
        self.operator().map_or_else(|| self.to_string(), |operator| operator.who.person())
    }
}

impl fmt::Display for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Operator(operator) => write!(f, "{}", operator.who),
            Self::Node(id) => write!(f, "node/{id}"),
            Self::Candidate => f.write_str("candidate"),
            Self::System => f.write_str("system"),
        }
    }
}

/// The right to carry out what somebody else has approved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApprovalGrant {
    /// The request.
    pub approval_id: String,
    /// Of the targets that were shown to who approved.
    pub targets_digest: String,
    /// What the requester had armed when it asked: it counts as armed, however late somebody approves.
    pub armed: BTreeSet<String>,
}

/// What a caller left to the server to do in its name, when it began something that takes longer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mandate {
    /// What the caller had armed then: it counts as armed.
    pub armed: BTreeSet<String>,
}

/// One call: who, where, and how it is found again in logs.
#[derive(Clone, Debug)]
pub struct Call {
    /// Who calls.
    pub caller: Caller,
    /// The region that the call works in: that of the signature's scope.
    pub region: String,
    /// Sent back to the caller, written in logs and audit.
    pub request_id: String,
    /// Address of the peer, or `internal`.
    pub source: String,
    /// What the client says it is; untrusted, may be empty.
    pub user_agent: String,
    /// Repeats a read that was audited when it began (a followed topic): not audited again.
    pub renewal: bool,
    /// Set when it was approved, and is now carried out.
    pub approval: Option<ApprovalGrant>,
    /// Set when the server makes it in the name of who began something: that a session has ended since does not matter.
    pub mandate: Option<Mandate>,
}

impl Call {
    /// A call of the server itself, in no region.
    #[must_use]
    pub fn system() -> Self {
        Self {
            caller: Caller::System,
            region: String::new(),
            request_id: String::from("system"),
            source: String::from("internal"),
            user_agent: String::new(),
            renewal: false,
            approval: None,
            mandate: None,
        }
    }

    /// A call on a node's link.
    #[must_use]
    pub fn link(caller: Caller, region: &str, source: &str) -> Self {
        Self {
            caller,
            region: region.to_owned(),
            request_id: String::from("link"),
            source: source.to_owned(),
            ..Self::system()
        }
    }
}
