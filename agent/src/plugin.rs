//! What a document action is: inputs, and what it does with the step's context.
//!
//! A plugin sees the host, its place, the wish to cancel, the server's library and what may run within it, and nothing else: no
//! link, no other plugin, no process of its own making.

mod library;
mod lines;
mod nesting;
mod script;
mod system;

use std::sync::Arc;

use pilothouse_protocol::{Killed, StepState};
use tokio::sync::watch;

use crate::host::{Host, Place};
pub use library::{Given, Library, System};
pub(crate) use lines::ScriptInputs;
pub use nesting::{NestedDocument, Nesting};

/// What a step works with.
pub struct StepContext {
    /// The machine.
    pub host: Arc<dyn Host>,
    /// Where its files are.
    pub place: Place,
    /// The step was begun by an earlier agent process: find its process, never begin it again.
    pub adopt: bool,
    /// The machine was rebooted since the job began.
    pub rebooted: bool,
    /// Whether it is to stop.
    pub cancelled: watch::Receiver<bool>,
    /// Environment variables for scripts.
    pub env: Vec<(String, String)>,
    /// What the server may give.
    pub library: Box<dyn Library>,
    /// Documents within this step.
    pub nesting: Box<dyn Nesting>,
    /// To be called when output grew.
    pub on_change: Box<dyn Fn() + Send + Sync>,
    /// To be called with the process's id.
    pub on_pid: Box<dyn Fn(Option<u32>) + Send + Sync>,
}

impl StepContext {
    /// Does something that may take long and changes nothing, unless the step is to stop meanwhile: then `None`.
    pub(crate) async fn unless_cancelled<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let mut cancelled = self.cancelled.clone();
        tokio::select! {
            biased;
            _ = cancelled.wait_for(|is| *is) => None,
            done = work => Some(done),
        }
    }
}

/// How a step ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepEnd {
    /// Its state.
    pub state: StepState,
    /// Exit code; -1 when nothing ran.
    pub code: i32,
    /// Whether a process ran at all.
    pub ran: bool,
    /// Output bytes that were lost and are not written down as such.
    pub lost: u64,
    /// For people: what went wrong; empty on success.
    pub message: String,
    /// Whom a cancel or a time-out took, survivors first, as far as they are told.
    pub killed: Vec<Killed>,
    /// All of them.
    pub killed_count: u32,
    /// It wants the machine rebooted, and to be run again then: this is not its end.
    pub reboots: bool,
}

impl StepEnd {
    /// The end of something that ran.
    #[must_use]
    pub fn of(state: StepState, code: i32) -> Self {
        Self {
            state,
            code,
            ran: true,
            lost: 0,
            message: String::new(),
            killed: Vec::new(),
            killed_count: 0,
            reboots: false,
        }
    }

    /// The end of something that ended well.
    #[must_use]
    pub fn well(lost: u64) -> Self {
        Self { lost, ..Self::of(StepState::Success, 0) }
    }

    /// Not for this node.
    #[must_use]
    pub fn skipped(why: String) -> Self {
        Self { ran: false, message: why, ..Self::of(StepState::Skipped, 0) }
    }

    /// Stopped before anything ran.
    #[must_use]
    pub fn cancelled() -> Self {
        let message = String::from("cancelled before it began");
        Self { ran: false, message, ..Self::of(StepState::Cancelled, -1) }
    }

    /// Failed before anything ran.
    #[must_use]
    pub fn failed(why: String) -> Self {
        Self { ran: false, message: why, ..Self::of(StepState::Failed, -1) }
    }
}
