//! What an operation receives: its transaction, its caller, the time, chance, the policies, and the ports to nodes and to output.
//!
//! What an operation wants to happen outside of the store (frames to nodes, rings of the doorbell) is collected here and done
//! by the door after the commit, so that nothing is told that is not so. What it asks of the policies is noted here, too: the
//! door writes it into the audit trail, and lets nothing pass that did not ask.
//!
//! Never here: sockets, files, the machine's clock.

mod asking;
mod caller;
mod noted;
mod ports;
mod rules;

use std::collections::{BTreeSet, HashSet};

use pilothouse_api::Fault;
use pilothouse_protocol::{InstanceId, Millis, Refusal, ToAgent};
use pilothouse_store::{StoreError, Tx};

pub use asking::Sifter;
pub(crate) use asking::never;
pub use caller::{ApprovalGrant, Call, Caller, Mandate};
pub use noted::{Asked, Change};
pub use ports::{Agents, Ports, Room};
pub use rules::Rules;

use crate::access::Snapshot;
use crate::clock::Dice;
use crate::doorbell::{Ring, Subject};

/// What happens after the commit.
#[derive(Debug, PartialEq, Eq)]
pub enum AfterCommit {
    /// Ring the doorbell.
    Ring(Ring),
    /// Send a frame; if there is no link any more the next reconciliation finds the row as it is.
    Send(InstanceId, Box<ToAgent>),
    /// Close a link.
    Disconnect(InstanceId, Refusal, String),
    /// Principals or policies changed: read them anew before the reply goes out.
    ReloadAccess,
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
    /// Principals and policies as they stand.
    pub access: &'a Snapshot,
    /// The permission of the operation that was called; what it runs on its way is judged by the same.
    pub permission: &'static str,
    /// Bounds that the settings give.
    pub rules: Rules,
    pub(crate) asked: Asked,
    /// Whether the call only looks: then it is not recorded why anything is armed.
    pub(crate) only_looks: bool,
    /// What the caller has armed, when it was asked for.
    pub(crate) armed: Option<BTreeSet<String>>,
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

    /// Has principals and policies read anew after the commit.
    pub fn reload_access(&mut self) {
        if !self.after.contains(&AfterCommit::ReloadAccess) {
            self.after.push(AfterCommit::ReloadAccess);
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
        StoreError::Full => {
            tracing::error!(%error, "the store is full");
            Fault::unavailable(
                "the disk under the server's database is full, and nothing of this was changed: free some space there, then try \
                 again",
            )
        }
        other => {
            tracing::error!(error = %other, "the store failed");
            Fault::internal("the server could not read or write its database: see the server's log")
        }
    }
}
