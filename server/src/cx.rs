//! What an operation receives: its transaction, its caller, the time, chance, and the ports to nodes and to output.
//!
//! What an operation wants to happen outside of the store (frames to nodes, rings of the doorbell) is collected here and done
//! by the door after the commit, so that nothing is told that is not so.

use std::collections::HashSet;
use std::sync::Arc;

use pilothouse_protocol::{InstanceId, Millis, Refusal, ToAgent};
use pilothouse_store::outputs::Outputs;
use pilothouse_store::{StoreError, Tx};

use crate::clock::Dice;
use crate::doorbell::{Ring, Subject};
use pilothouse_api::Fault;

/// Who calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caller {
    /// The holder of the root credentials.
    Root {
        /// The access key that signed.
        access_key_id: String,
    },
    /// A node on its proven link.
    Node(InstanceId),
    /// A node that is proving itself: it may enrol or be admitted, nothing else.
    Candidate,
    /// The server itself, by the clock.
    System,
}

impl Caller {
    /// Whether it may do what needs `permission`: `ssm:` and `pilothouse:` are the operators', `agent:` the nodes',
    /// `link:` the candidates', `system:` the server's own.
    #[must_use]
    pub fn may(&self, permission: &str) -> bool {
        let kind = permission.split(':').next().unwrap_or_default();
        match self {
            Self::Root { .. } => matches!(kind, "ssm" | "pilothouse"),
            Self::Node(_) => kind == "agent",
            Self::Candidate => kind == "link",
            Self::System => kind == "system",
        }
    }
}

impl std::fmt::Display for Caller {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Root { .. } => f.write_str("root"),
            Self::Node(id) => write!(f, "{id}"),
            Self::Candidate => f.write_str("candidate"),
            Self::System => f.write_str("system"),
        }
    }
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
    /// Repeats a read that was audited when it began (a followed topic): not audited again.
    pub renewal: bool,
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
            renewal: false,
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
            renewal: false,
        }
    }
}

/// What a node's link takes before it has to catch up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Room {
    /// Frames, jobs among them.
    pub frames: usize,
    /// Jobs.
    pub jobs: usize,
}

impl Room {
    /// Takes room for a frame; `false` when there is none.
    pub fn take_frame(&mut self) -> bool {
        let is_free = self.frames > 0;
        self.frames -= usize::from(is_free);
        is_free
    }

    /// Takes room for a job; `false` when there is none.
    pub fn take_job(&mut self) -> bool {
        let is_free = self.jobs > 0 && self.take_frame();
        self.jobs -= usize::from(is_free);
        is_free
    }
}

/// The way to nodes; the gateway implements it.
pub trait Agents: Send + Sync {
    /// Hands a frame to the node's live link, if it has one and there is room. `false` means: not handed over.
    fn send(&self, instance: &InstanceId, frame: ToAgent) -> bool;
    /// What may be handed to the node now; nothing when it has no live link here.
    fn room(&self, instance: &InstanceId) -> Room;
    /// Closes the node's link.
    fn disconnect(&self, instance: &InstanceId, reason: Refusal, message: &str);
}

/// The ports that operations use.
#[derive(Clone)]
pub struct Ports {
    /// To nodes.
    pub agents: Arc<dyn Agents>,
    /// To stored output.
    pub outputs: Arc<dyn Outputs>,
}

/// What happens after the commit.
#[derive(Debug, PartialEq, Eq)]
pub enum AfterCommit {
    /// Ring the doorbell.
    Ring(Ring),
    /// Send a frame; if there is no link any more the next reconciliation finds the row as it is.
    Send(InstanceId, Box<ToAgent>),
    /// Close a link.
    Disconnect(InstanceId, Refusal, String),
}

/// What an operation receives.
pub struct Cx<'a> {
    /// The transaction: read-only for operations that only look.
    pub tx: &'a mut Tx,
    /// The call.
    pub call: &'a Call,
    /// The time of the call.
    pub now: Millis,
    /// Chance.
    pub dice: &'a Dice,
    /// Ports.
    pub ports: &'a Ports,
    /// The account that everything belongs to.
    pub account_id: &'a str,
    pub(crate) after: Vec<AfterCommit>,
    /// What is to be rung already.
    pub(crate) rung: HashSet<Ring>,
}

impl Cx<'_> {
    /// The call's region.
    #[must_use]
    pub fn region(&self) -> &str {
        &self.call.region
    }

    /// Rings after the commit, in the call's region; doubled rings are merged.
    pub fn ring(&mut self, subject: Subject) {
        let region = self.call.region.clone();
        self.ring_in(&region, subject);
    }

    /// Rings after the commit, in `region`.
    pub fn ring_in(&mut self, region: &str, subject: Subject) {
        let ring = Ring { region: region.to_owned(), subject };
        if self.rung.insert(ring.clone()) {
            self.after.push(AfterCommit::Ring(ring));
        }
    }

    /// Sends a frame after the commit.
    pub fn send(&mut self, instance: &InstanceId, frame: ToAgent) {
        self.after.push(AfterCommit::Send(instance.clone(), Box::new(frame)));
    }

    /// Closes a node's link after the commit.
    pub fn disconnect(&mut self, instance: &InstanceId, reason: Refusal, message: &str) {
        self.after.push(AfterCommit::Disconnect(instance.clone(), reason, message.to_owned()));
    }
}

/// A store's failure as the caller sees it: the cause goes to the log, not over the wire.
pub fn store_fault(error: StoreError) -> Fault {
    match error {
        StoreError::Unavailable { .. } => {
            tracing::error!(%error, "the store is unavailable");
            Fault::unavailable("the database cannot be reached: try again, and see the server's log")
        }
        other => {
            tracing::error!(error = %other, "the store failed");
            Fault::internal("the server could not read or write its database: see the server's log")
        }
    }
}
