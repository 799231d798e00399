//! The agent: what runs on each node. It dials out, opens no inbound port, and knows nothing of the server's insides.
//!
//! ```text
//!   server ◀── link (one task: says what the board holds) ◀── board ◀── runner (one task per job) ──▶ plugins ──▶ host
//!                                                               │                                              │
//!                                                            ledger (disk)                    step runner ──▶ spool (disk)
//! ```
//!
//! A job is on disk before it is acknowledged. Each step's process hangs on a small *step runner* of its own session, which
//! writes output and exit status to disk; so an agent that is killed, updated or restarted finds both again, and nothing runs
//! twice. The link tells from state, not from a queue: what was told is a cursor per job, and a new link only sets it back.
//! In: jobs and cancels. Out: reports and output. Never here: anything of `server/` or `tui/`.

pub mod board;
pub mod clock;
pub mod host;
pub mod identity;
pub mod ledger;
mod library;
pub mod link;
pub mod plugin;
mod plugins;
mod private_file;
mod processes;
pub mod runner;
pub mod settings;
pub mod simulate;
pub mod spool;
pub mod step_runner;
pub mod trial;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use board::Board;
use host::Host;
use host::machine::{Machine, Reboot};
use host::program::Program;
use identity::{Identity, IdentityError};
use ledger::{Ledger, LedgerError};
use link::{Dial, LinkEnd};

/// How an agent is set up.
#[derive(Clone, Debug)]
pub struct AgentOptions {
    /// Where identity, ledger and spools live; one agent at a time.
    pub data_dir: PathBuf,
    /// The server and how to trust it.
    pub dial: Dial,
    /// Arguments that start the step runner; the step's directory is added.
    pub step_runner: Vec<std::ffi::OsString>,
    /// Jobs that run at a time.
    pub concurrency: usize,
    /// Bytes of output that are kept on disk for one job until the server has them; all jobs together may take 16 times that.
    pub spool_bytes: u64,
    /// How the machine is rebooted when a script asks for it.
    pub reboot: Reboot,
    /// How long a reboot waits for what else runs.
    pub reboot_patience: Duration,
}

/// Why an agent cannot start.
#[derive(Debug, thiserror::Error)]
pub enum AgentError {
    /// Its identity cannot be read or written.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// Its ledger cannot be read or written.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The link is refused for good.
    #[error("{0}")]
    Refused(String),
}

/// An agent of this machine.
pub struct Agent {
    identity: Identity,
    options: AgentOptions,
    program: Option<Program>,
}

/// How an agent's run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AgentEnd {
    /// It was asked to stop.
    Stopped,
    /// The process is to start anew, and to try out the program that lies beside its own.
    Restart,
}

impl Agent {
    /// Opens the data directory of a registered agent and locks it.
    ///
    /// # Errors
    /// When it is not registered, another agent runs there, or files cannot be read.
    pub fn open(options: AgentOptions) -> Result<Self, AgentError> {
        Ok(Self { identity: Identity::open(&options.data_dir)?, options, program: None })
    }

    /// The same agent, which can replace the program that it is.
    #[must_use]
    pub fn of_program(self, program: Program) -> Self {
        Self { program: Some(program), ..self }
    }

    /// The node's id.
    #[must_use]
    pub fn instance_id(&self) -> &pilothouse_protocol::InstanceId {
        &self.identity.instance_id
    }

    /// Runs until `stop` is true, until it is to be replaced, or until the server refuses this node for good. Running scripts are left to their step
    /// runners and found again by the next start.
    ///
    /// # Errors
    /// When the ledger cannot be read, or the server refuses this node for good.
    pub async fn run(self, stop: watch::Receiver<bool>) -> Result<AgentEnd, AgentError> {
        let packages = self.options.data_dir.join("packages");
        let machine = Machine::new(self.options.step_runner.clone())
            .with_packages(packages)
            .with_reboot(self.options.reboot.clone());
        let host: Arc<dyn Host> = Arc::new(machine.with_program(self.program.clone()));
        let ledger = Ledger::open(&self.options.data_dir)?;
        ledger.move_in(&self.identity.fingerprint)?;
        let board = Board::new(ledger, host, self.options.concurrency, self.options.spool_bytes)
            .with_reboot_patience(self.options.reboot_patience);
        runner::recover(&board)?;
        let restart = async {
            match &self.program {
                Some(program) => program.restart_is_wanted().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            end = link::keep_up(&self.options.dial, &self.identity, board, stop) => match end {
                LinkEnd::Stopped => Ok(AgentEnd::Stopped),
                LinkEnd::Refused(message) => Err(AgentError::Refused(message)),
            },
            () = restart => Ok(AgentEnd::Restart),
        }
    }
}

/// Registers this machine: makes a key, enrols it with an activation, and stores the identity. Where the server's authority is
/// known by its fingerprint, its certificate is kept as [`identity::AUTHORITY`] before the activation is used.
///
/// # Errors
/// When the server cannot be reached or refuses the activation, or the identity cannot be stored.
pub async fn register(
    data_dir: &std::path::Path,
    dial: &Dial,
    activation_id: pilothouse_protocol::ActivationId,
    activation_code: String,
) -> Result<pilothouse_protocol::InstanceId, AgentError> {
    let mut identity = Identity::prepare(data_dir)?;
    let authority = dial.authority().await.map_err(AgentError::Refused)?;
    identity.keep_authority(data_dir, authority.as_deref())?;
    let host = Machine::new(Vec::new());
    let id =
        link::enrol(dial, &identity.key, &identity.fingerprint, host.facts(), activation_id, activation_code)
            .await
            .map_err(AgentError::Refused)?;
    identity.store(data_dir, id.clone())?;
    Ok(id)
}
