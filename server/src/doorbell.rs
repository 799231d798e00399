//! Rings after a commit: tells followers and reconcilers that something changed, never what it is now.
//!
//! Whoever hears it reads the store from its own cursor, so a missed or doubled ring loses nothing.

use pilothouse_protocol::{CommandId, InstanceId};
use tokio::sync::broadcast;

/// What changed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Subject {
    /// Principals, keys or policies; in no region. Anybody may see other things now.
    Access,
    /// Something was armed, or is armed no more; in no region.
    Armings,
    /// A request for approval; in no region.
    Approvals,
    /// Calls were recorded.
    Audit,
    /// Some node.
    Nodes,
    /// Some parameter.
    Parameters,
    /// A command or one of its runs; `work` when the dispatcher has something to do for it.
    Command {
        /// Which.
        command_id: CommandId,
        /// Whether there is something to deliver or to cancel.
        work: bool,
    },
    /// Something is to be carried out of the house.
    Deliveries,
    /// Output was stored.
    Output {
        /// Of which command.
        command_id: CommandId,
        /// On which node.
        instance_id: InstanceId,
    },
}

/// A change in a region.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Ring {
    /// Where; empty for what is in no region and everyone hears.
    pub region: String,
    /// What.
    pub subject: Subject,
}

/// The bell. A listener that lags is told so and must take everything as changed.
#[derive(Clone, Debug)]
pub struct Doorbell {
    sender: broadcast::Sender<Ring>,
}

impl Default for Doorbell {
    fn default() -> Self {
        Self { sender: broadcast::channel(4096).0 }
    }
}

impl Doorbell {
    /// Rings.
    pub fn ring(&self, ring: Ring) {
        // Nobody listening is no error.
        let _ = self.sender.send(ring);
    }

    /// Listens from now on.
    #[must_use]
    pub fn listen(&self) -> broadcast::Receiver<Ring> {
        self.sender.subscribe()
    }
}
