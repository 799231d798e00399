//! What was accepted and how far it got: on disk, so that a job is never lost and never begun twice.
//!
//! `jobs/<command>/job.json` is written and synced before a job is acknowledged; `progress.json` before its first step begins
//! and after each step; `outcome.json` at its end. When the server has the outcome the folder goes, and a line in `done.log`
//! stays, so that a job that is delivered again is answered and not run again. Simulated nodes keep all of it in memory.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use pilothouse_protocol::{CommandId, InvocationState, Job, Millis, Outcome, StepResult};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::spool::Spool;

/// Jobs that are held at a time; more are not accepted, and the server delivers them again.
pub const MAX_HELD: usize = 256;
/// Ends that are remembered after the server has them.
const MAX_DONE: usize = 10_000;

/// The ledger cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[error("the ledger in {} cannot be read or written: {why}", .path.display())]
pub struct LedgerError {
    /// Which file or folder.
    pub path: PathBuf,
    /// The cause.
    pub why: io::Error,
}

/// How far a job got.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Its first step was begun at this instant.
    pub started_at: Option<Millis>,
    /// The machine's boot when it began: another one now means a reboot in between.
    pub boot_id: String,
    /// Steps that ended.
    pub steps: Vec<StepResult>,
    /// It was asked to stop.
    pub cancelled: bool,
    /// Bytes that steps lost to a full disk and could not write down.
    pub lost: u64,
}

/// A job that an earlier agent process left.
#[derive(Clone, Debug)]
pub struct Found {
    /// The job.
    pub job: Job,
    /// How far it got.
    pub progress: Progress,
    /// Its end, if it is over.
    pub outcome: Option<Outcome>,
}

/// The ledger.
#[derive(Debug)]
pub struct Ledger {
    dir: Option<PathBuf>,
    done: BTreeMap<CommandId, InvocationState>,
    order: std::collections::VecDeque<CommandId>,
}

#[derive(Serialize, Deserialize)]
struct Done {
    command: CommandId,
    state: InvocationState,
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> LedgerError {
    let path = path.to_owned();
    move |why| LedgerError { path, why }
}

/// Writes a file so that after a crash it holds either what it held before or all of this.
fn write(path: &Path, value: &impl Serialize) -> Result<(), LedgerError> {
    let partial = path.with_extension("partial");
    let attempt = || {
        let mut file = File::options().create(true).truncate(true).write(true).mode(0o600).open(&partial)?;
        file.write_all(&serde_json::to_vec(value)?)?;
        file.sync_all()?;
        fs::rename(&partial, path)?;
        File::open(path.parent().unwrap_or(path))?.sync_all()
    };
    attempt().map_err(|why| {
        let _ = fs::remove_file(&partial);
        LedgerError { path: path.to_owned(), why }
    })
}

/// Reads a file; `None` when there is none.
fn read<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, LedgerError> {
    match fs::read(path) {
        Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(|error| LedgerError { path: path.to_owned(), why: error.into() }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed(path)(error)),
    }
}

impl Ledger {
    /// Opens the ledger in a data directory.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn open(data_dir: &Path) -> Result<Self, LedgerError> {
        let jobs = data_dir.join("jobs");
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&jobs).map_err(failed(&jobs))?;
        let path = data_dir.join("done.log");
        let text = match fs::read_to_string(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            other => other.map_err(failed(&path))?,
        };
        let mut ledger = Self { dir: Some(data_dir.to_owned()), done: BTreeMap::new(), order: std::collections::VecDeque::new() };
        // A torn last line is the end of a job whose folder is still there.
        let lines: Vec<Done> = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        let is_long = lines.len() > 2 * MAX_DONE;
        lines.into_iter().for_each(|done| ledger.remember(done.command, done.state));
        if is_long {
            let kept: Vec<_> = ledger.order.iter().filter_map(|id| ledger.done.get(id).map(|s| (id.clone(), *s))).collect();
            let lines: String = kept.into_iter().map(|(command, state)| line(&Done { command, state })).collect();
            fs::write(&path, lines).map_err(failed(&path))?;
        }
        Ok(ledger)
    }

    /// A ledger in memory.
    #[must_use]
    pub fn memory() -> Self {
        Self { dir: None, done: BTreeMap::new(), order: std::collections::VecDeque::new() }
    }

    fn remember(&mut self, command: CommandId, state: InvocationState) {
        if self.done.insert(command.clone(), state).is_none() {
            self.order.push_back(command);
        }
        while self.order.len() > MAX_DONE {
            if let Some(oldest) = self.order.pop_front() {
                self.done.remove(&oldest);
            }
        }
    }

    /// How a job ended that the server has acknowledged.
    #[must_use]
    pub fn ended(&self, command: &CommandId) -> Option<InvocationState> {
        self.done.get(command).copied()
    }

    /// The folder of a job; empty in memory.
    #[must_use]
    pub fn folder(&self, command: &CommandId) -> PathBuf {
        self.dir.as_ref().map(|dir| dir.join("jobs").join(command.as_str())).unwrap_or_default()
    }

    /// The spool of a job.
    #[must_use]
    pub fn spool(&self, command: &CommandId) -> Spool {
        if self.dir.is_some() { Spool::file(&self.folder(command).join("spool")) } else { Spool::memory() }
    }

    /// Jobs that an earlier agent process left. A folder without a whole `job.json` was never acknowledged and goes.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn found(&self) -> Result<Vec<Found>, LedgerError> {
        let Some(dir) = &self.dir else { return Ok(Vec::new()) };
        let jobs = dir.join("jobs");
        let mut found = Vec::new();
        for entry in fs::read_dir(&jobs).map_err(failed(&jobs))? {
            let folder = entry.map_err(failed(&jobs))?.path();
            let Some(job) = read::<Job>(&folder.join("job.json"))? else {
                fs::remove_dir_all(&folder).map_err(failed(&folder))?;
                continue;
            };
            let progress = read(&folder.join("progress.json"))?.unwrap_or_default();
            let outcome = read(&folder.join("outcome.json"))?;
            found.push(Found { job, progress, outcome });
        }
        found.sort_by_key(|found| found.job.requested_at);
        Ok(found)
    }

    /// Writes a job down, before it is acknowledged.
    ///
    /// # Errors
    /// When it cannot: then the job must not be acknowledged nor run.
    pub fn accept(&self, job: &Job) -> Result<(), LedgerError> {
        if self.dir.is_none() {
            return Ok(());
        }
        let folder = self.folder(&job.id.command);
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder).map_err(failed(&folder))?;
        write(&folder.join("job.json"), job).inspect_err(|_| {
            let _ = fs::remove_dir_all(&folder);
        })
    }

    /// Writes a job's progress down.
    ///
    /// # Errors
    /// When it cannot.
    pub fn progress(&self, command: &CommandId, progress: &Progress) -> Result<(), LedgerError> {
        if self.dir.is_none() { Ok(()) } else { write(&self.folder(command).join("progress.json"), progress) }
    }

    /// Writes a job's end down.
    ///
    /// # Errors
    /// When it cannot; the end is found again from the last step's files.
    pub fn finish(&self, command: &CommandId, outcome: &Outcome) -> Result<(), LedgerError> {
        if self.dir.is_none() { Ok(()) } else { write(&self.folder(command).join("outcome.json"), outcome) }
    }

    /// The server has a job's end, or wants to hear no more of it: the folder goes, the end is remembered.
    ///
    /// # Errors
    /// When it cannot; the job is reported again then.
    pub fn forget(&mut self, command: &CommandId, state: InvocationState) -> Result<(), LedgerError> {
        if let Some(dir) = &self.dir {
            let path = dir.join("done.log");
            let mut log = File::options().create(true).append(true).mode(0o600).open(&path).map_err(failed(&path))?;
            log.write_all(line(&Done { command: command.clone(), state }).as_bytes()).map_err(failed(&path))?;
            log.sync_data().map_err(failed(&path))?;
            let folder = self.folder(command);
            match fs::remove_dir_all(&folder) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(&folder)(error)),
                _ => {}
            }
        }
        self.remember(command.clone(), state);
        Ok(())
    }
}

fn line(done: &Done) -> String {
    serde_json::to_string(done).unwrap_or_default() + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use pilothouse_protocol::{InstanceId, JobId};

    fn job(n: u8) -> Job {
        Job {
            id: JobId {
                command: format!("00000000-0000-0000-0000-0000000000{n:02x}").parse().unwrap(),
                instance: InstanceId::from_random([1; 9]),
            },
            document_name: "AWS-RunShellScript".into(),
            document: "{}".into(),
            parameters: BTreeMap::new(),
            requested_at: Millis(i64::from(n)),
            start_by: Millis(100),
        }
    }

    #[test]
    fn what_was_accepted_is_found_by_the_next_start_and_what_was_half_written_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(dir.path()).unwrap();
        ledger.accept(&job(2)).unwrap();
        ledger.accept(&job(1)).unwrap();
        let progress = Progress { started_at: Some(Millis(5)), ..Progress::default() };
        ledger.progress(&job(1).id.command, &progress).unwrap();
        fs::create_dir(dir.path().join("jobs/half")).unwrap();
        fs::write(dir.path().join("jobs/half/job.partial"), "{").unwrap();
        let found = Ledger::open(dir.path()).unwrap().found().unwrap();
        assert_eq!(found.iter().map(|f| f.job.clone()).collect::<Vec<_>>(), [job(1), job(2)]);
        assert_eq!(found[0].progress, progress);
        assert!(!dir.path().join("jobs/half").exists());
    }

    #[test]
    fn an_end_is_remembered_after_the_folder_is_gone() {
        let dir = tempfile::tempdir().unwrap();
        let mut ledger = Ledger::open(dir.path()).unwrap();
        ledger.accept(&job(1)).unwrap();
        ledger.forget(&job(1).id.command, InvocationState::Failed).unwrap();
        let again = Ledger::open(dir.path()).unwrap();
        assert_eq!(again.ended(&job(1).id.command), Some(InvocationState::Failed));
        assert!(again.found().unwrap().is_empty());
    }
}
