//! The only room that touches the machine: facts about it, and processes on it.
//!
//! In: what to run, and where its files are. Out: a process that tells when its output grew and how it ended; the packages that
//! are installed (`depot`) and the agent's own program (`program`), where it has them. `machine` is this
//! machine; `fake` is a machine that only plays its part, for simulated fleets, benches and tests.
//!
//! Never here: documents, the link, the ledger.

pub mod depot;
pub mod fake;
pub mod machine;
pub mod program;

use std::path::PathBuf;
use std::time::Duration;

use async_trait::async_trait;
use pilothouse_document::Platform;
use pilothouse_protocol::Facts;

use crate::spool::Spool;
pub use crate::step_runner::{Exit, How};
use depot::Depot;
use program::Program;

/// A script to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    /// Its text.
    pub text: String,
    /// Where it runs; the agent's own directory if none.
    pub working_directory: Option<PathBuf>,
    /// How long it may run.
    pub timeout: Duration,
    /// Added to the environment.
    pub env: Vec<(String, String)>,
}

/// Where a step's files are, and what its job's output goes to.
#[derive(Clone, Debug)]
pub struct Place {
    /// The step's directory; not used by fakes.
    pub dir: PathBuf,
    /// Index of the step.
    pub step: u16,
    /// The job's spool.
    pub spool: Spool,
    /// Bytes that it may take on disk.
    pub spool_bytes: u64,
    /// Bytes that an earlier step lost and could not write down.
    pub carry_lost: u64,
}

/// A process that was started.
#[async_trait]
pub trait Process: Send {
    /// Its id, for people.
    fn pid(&self) -> Option<u32>;
    /// Waits until its output grew or it ended. Cancel-safe.
    async fn changed(&mut self);
    /// How it ended, if it has.
    fn ended(&mut self) -> Option<Exit>;
    /// Asks it to stop, with all of its children. It ends soon after, as cancelled or by itself.
    fn cancel(&mut self);
}

/// What is found of a step that an earlier agent process began.
pub enum Adopted {
    /// Its process, or the end of it.
    Process(Box<dyn Process>),
    /// Its script certainly never began, and never will.
    Untouched,
    /// Nothing that tells how far it got.
    Lost,
}

/// A machine.
#[async_trait]
pub trait Host: Send + Sync {
    /// What it says about itself.
    fn facts(&self) -> Facts;
    /// Changes with each boot.
    fn boot_id(&self) -> String;
    /// Its operating system.
    fn platform(&self) -> Platform;
    /// Starts a script.
    ///
    /// # Errors
    /// For people: why not.
    async fn start(&self, place: &Place, script: &Script) -> Result<Box<dyn Process>, String>;
    /// Finds the process of a step that an earlier agent process began, before or after the machine's last boot.
    async fn adopt(&self, place: &Place, rebooted: bool) -> Adopted;
    /// The packages on it; none where packages cannot be installed.
    fn depot(&self) -> Option<&Depot> {
        None
    }
    /// The agent's own program; none where the agent is a part of another one.
    fn program(&self) -> Option<&Program> {
        None
    }
}

/// A platform in the link's words.
fn told(platform: Platform) -> pilothouse_protocol::Platform {
    match platform {
        Platform::Linux => pilothouse_protocol::Platform::Linux,
        Platform::MacOS => pilothouse_protocol::Platform::MacOS,
        Platform::Windows => pilothouse_protocol::Platform::Windows,
    }
}
