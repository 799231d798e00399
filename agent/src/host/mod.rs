//! The only room that touches the machine: facts about it, and processes on it.
//!
//! In: what to run, and where its files are. Out: a process that tells when its output grew and how it ended; the packages that
//! are installed (`depot`) and the agent's own program (`program`), where it has them. `machine` is this
//! machine; `fake` is a machine that only plays its part, for simulated fleets, benches and tests.
//!
//! Never here: documents, the link, the ledger.

pub mod depot;
pub mod download;
pub mod fake;
pub mod machine;
pub mod program;

use std::path::{Path, PathBuf};
use std::time::Duration;

use async_trait::async_trait;
use pilothouse_document::Platform;
use pilothouse_protocol::{Facts, LockHolder, ProcessState};

use crate::spool::Spool;
pub use crate::step_runner::{Exit, How, Interpreter};
use depot::Depot;
pub use download::{Landing, Origin};
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
    /// What runs it, if it is not a shell or what its first line names.
    pub interpreter: Option<Interpreter>,
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
    /// Where files go, and are looked for, that a step names without saying where; the same for all steps of a job.
    pub downloads: PathBuf,
}

/// A file that is being received. Dropped before it is kept, nothing is left of it.
#[async_trait]
pub trait Incoming: Send {
    /// Takes the next bytes.
    ///
    /// # Errors
    /// For people: why not.
    async fn write(&mut self, bytes: &[u8]) -> Result<(), String>;
    /// It came whole: puts it where it belongs.
    ///
    /// # Errors
    /// For people: why not.
    async fn keep(self: Box<Self>) -> Result<(), String>;
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

/// What runs in a step's place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sighting {
    /// The process that tells most about it: one that works before one that waits.
    pub pid: Option<u32>,
    /// What that one does.
    pub state: ProcessState,
    /// Processes that live.
    pub processes: u32,
    /// The package manager's lock that one of them waits for.
    pub waits_for: Option<LockHolder>,
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
    /// Where a program is, if the machine has it.
    fn find_program(&self, name: &str) -> Option<PathBuf>;
    /// Whether there is a folder.
    fn is_folder(&self, path: &Path) -> bool;
    /// The text of a file of at most so many bytes.
    ///
    /// # Errors
    /// For people: why not.
    async fn read_text(&self, path: &Path, most: usize) -> Result<String, String>;
    /// Begins to receive a file, which is not there until it is kept.
    ///
    /// # Errors
    /// For people: why not.
    async fn receive(&self, to: &Path) -> Result<Box<dyn Incoming>, String>;
    /// Fetches files from elsewhere. Each of them is there whole or not at all.
    ///
    /// # Errors
    /// For people: what was to be fetched, and why it is not there.
    async fn download(&self, from: &Origin, to: &Landing) -> Result<PathBuf, String>;
    /// Writes a line of the agent's own into a step's output: bytes that were lost and are not written down as such.
    fn say(&self, place: &Place, line: &str) -> u64;
    /// Starts a script.
    ///
    /// # Errors
    /// For people: why not.
    async fn start(&self, place: &Place, script: &Script) -> Result<Box<dyn Process>, String>;
    /// Finds the process of a step that an earlier agent process began, before or after the machine's last boot.
    async fn adopt(&self, place: &Place, rebooted: bool) -> Adopted;
    /// Forgets what was run in a step's place, so that it may be run again.
    ///
    /// # Errors
    /// For people: why not.
    fn clear(&self, place: &Place) -> Result<(), String>;
    /// What runs in a step's place at this instant; `None` when nothing does.
    fn look(&self, place: &Place) -> Option<Sighting>;
    /// Asks the machine to go down and to come up again, and comes back when it was asked: it goes down soon after.
    ///
    /// # Errors
    /// For people: why it does not.
    async fn reboot(&self) -> Result<(), String>;
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
