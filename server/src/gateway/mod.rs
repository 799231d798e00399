//! The agents' door: sockets in, operations through the core's door, frames out.
//!
//! ```text
//!   socket ─▶ accept (hello, proof, enrol or admit) ─▶ connection (one task, one bounded channel) ─▶ settler (batches)
//!                                              └▶ asks (what a job needs, in the sender's name)
//!                                     registry ◀── Agents::send ◀── dispatch, cancel
//! ```
//!
//! In: frames of `agent/protocol` from nodes, which are untrusted. Out: enrolments, reports and stored output; jobs and
//! cancels to nodes. The registry is the only memory here, and none of it must survive a restart.
//!
//! Never here: rules about commands or nodes, HTTP, SQL.

mod accept;
mod asks;
mod connection;
mod registry;
mod settler;
mod strangers;
mod turnstile;

#[cfg(test)]
mod stories;

use std::net::SocketAddr;
use std::sync::{Arc, Weak};
use std::time::Duration;

use futures_util::future::BoxFuture;

pub use registry::Registry;

use crate::cx::Call;
use crate::door::Door;
use crate::internal::TouchNodes;
use crate::wire::{AgentDoor, FrameSocket};
use settler::Settler;
use strangers::Strangers;
use turnstile::Turnstile;

/// How often it is written which nodes were heard.
const PERIOD: Duration = Duration::from_secs(5);

/// How links behave.
#[derive(Clone, Copy, Debug)]
pub struct LinkSettings {
    /// Seconds between an agent's heartbeats.
    pub heartbeat_seconds: u32,
    /// Unacknowledged output bytes that one agent may have on the way.
    pub output_window: u64,
}

/// The agents' door.
#[derive(Clone)]
pub struct Gateway {
    door: Door,
    registry: Arc<Registry>,
    settler: Settler,
    turnstile: Turnstile,
    strangers: Arc<Strangers>,
    settings: LinkSettings,
}

impl Gateway {
    /// Opens the door. `registry` is the same that the core sends through. Must be called inside a tokio runtime.
    #[must_use]
    pub fn new(door: Door, registry: Arc<Registry>, settings: LinkSettings) -> Self {
        let settler = Settler::start(door.clone(), registry.clone());
        let turnstile = Turnstile::start(door.clone());
        tokio::spawn(listen(door.clone(), Arc::downgrade(&registry), settings.heartbeat_seconds));
        Self { door, registry, settler, turnstile, strangers: Arc::default(), settings }
    }

    /// The server is about to end all links: they are written off together, by `ForgetLinks`.
    pub fn closing(&self) {
        self.registry.close();
    }

    /// Resolves when everything that nodes reported before is written.
    pub async fn settled(&self) {
        self.settler.settled().await;
    }
}

impl AgentDoor for Gateway {
    fn accept(&self, socket: Box<dyn FrameSocket>, peer: SocketAddr) -> BoxFuture<'static, ()> {
        Box::pin(accept::serve(self.clone(), socket, peer))
    }
}

/// Writes when nodes were last heard, and gives links up that have fallen silent, for all of them at once: a heartbeat is no
/// transaction, and a link has no timer.
async fn listen(door: Door, registry: Weak<Registry>, heartbeat_seconds: u32) {
    let mut period =
        tokio::time::interval(PERIOD.min(Duration::from_secs(u64::from(heartbeat_seconds.max(1)))));
    loop {
        period.tick().await;
        let Some(registry) = registry.upgrade() else { return };
        registry.give_up_silent(heartbeat_seconds, door.clock().now());
        let heard = registry.take_heard();
        if heard.is_empty() {
            continue;
        }
        if let Err(error) = door.perform(&Call::system(), TouchNodes { heard }).await {
            tracing::warn!(%error, "heartbeats could not be written; the next ones will be");
        }
    }
}
