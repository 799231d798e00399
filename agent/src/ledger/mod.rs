//! What was accepted and how far it got: on disk, so that a job is never lost and never begun twice.
//!
//! `jobs/<command>/job.json` is written and synced before a job is acknowledged; `progress.json` before its first step begins
//! and after each step; `outcome.json` at its end. When the server has the outcome the folder goes, and a line in `done.log`
//! stays, so that a job that is delivered again is answered and not run again. What cannot be read is set aside in `damaged/`
//! and not run. Simulated nodes keep all of it in memory.
//!
//! Never here: what a job does, and what the server was told.

mod files;
mod nested;
mod progress;

use std::collections::{BTreeMap, VecDeque};
use std::fs;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use pilothouse_protocol::{CommandId, InvocationState, Job, Outcome};
use serde::{Deserialize, Serialize};

use crate::spool::{Spool, size_of};
pub use files::LedgerError;
use files::{append, failed, read, read_text, replace, set_aside, write};
pub(crate) use nested::Nested;
use nested::rebooting_within;
pub use progress::Progress;

/// Ends that are remembered after the server has them.
const MAX_DONE: usize = 10_000;

/// A job that an earlier agent process left.
#[derive(Clone, Debug)]
pub struct Found {
    /// The job.
    pub job: Job,
    /// How far it got.
    pub progress: Progress,
    /// The boot whose end it waits for, or did: it, or a document within it.
    pub rebooting: Option<String>,
    /// Its end, if it is over.
    pub outcome: Option<Outcome>,
}

/// The ledger.
#[derive(Debug)]
pub struct Ledger {
    dir: Option<PathBuf>,
    done: BTreeMap<CommandId, InvocationState>,
    order: VecDeque<CommandId>,
    /// In `done.log`.
    lines: usize,
}

#[derive(Serialize, Deserialize)]
struct Done {
    command: CommandId,
    state: InvocationState,
}

impl Ledger {
    /// Opens the ledger in a data directory.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn open(data_dir: &Path) -> Result<Self, LedgerError> {
        // A step runner knows its step by the directory's path: it must be spelled alike by every agent process.
        let data_dir = fs::canonicalize(data_dir).map_err(failed(data_dir))?;
        let jobs = data_dir.join("jobs");
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&jobs).map_err(failed(&jobs))?;
        let path = data_dir.join("done.log");
        let text = read_text(&path)?;
        let mut ledger =
            Self { dir: Some(data_dir), done: BTreeMap::new(), order: VecDeque::new(), lines: 0 };
        // A torn line is the end of a job whose folder is still there.
        let lines: Vec<Done> = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        ledger.lines = lines.len();
        lines.into_iter().for_each(|done| ledger.remember(done.command, done.state));
        Ok(ledger)
    }

    /// A ledger in memory.
    #[must_use]
    pub fn memory() -> Self {
        Self { dir: None, done: BTreeMap::new(), order: VecDeque::new(), lines: 0 }
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
        if self.dir.is_some() { Spool::files(&self.folder(command)) } else { Spool::memory() }
    }

    /// Bytes that the output of a job takes on disk.
    #[must_use]
    pub fn spooled(&self, command: &CommandId) -> u64 {
        if self.dir.is_some() { size_of(&self.folder(command)).unwrap_or(0) } else { 0 }
    }

    /// Jobs that were left in a copy of this directory are not this one's to run: what was accepted somewhere else, by an agent of
    /// another fingerprint, is set aside.
    ///
    /// # Errors
    /// When it cannot be.
    pub fn move_in(&self, fingerprint: &str) -> Result<(), LedgerError> {
        let Some(dir) = &self.dir else { return Ok(()) };
        let home = dir.join("home");
        let before = read_text(&home)?;
        if before == fingerprint {
            return Ok(());
        }
        if !before.is_empty() {
            let jobs = dir.join("jobs");
            for entry in fs::read_dir(&jobs).map_err(failed(&jobs))? {
                let folder = entry.map_err(failed(&jobs))?.path();
                tracing::warn!(folder = %folder.display(), "a job of the place that this directory was copied from is set aside");
                set_aside(dir, &folder)?;
            }
        }
        if let Err(error) = replace(&home, fingerprint.as_bytes()) {
            tracing::warn!(%error, "it could not be noted where this ledger lives; the next start tries again");
        }
        Ok(())
    }

    /// Jobs that an earlier agent process left. A folder without a `job.json` was never acknowledged and goes; one that is
    /// damaged is set aside, as it is not known whether its job ran.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn found(&self) -> Result<Vec<Found>, LedgerError> {
        let Some(dir) = &self.dir else { return Ok(Vec::new()) };
        let jobs = dir.join("jobs");
        let mut found = Vec::new();
        for entry in fs::read_dir(&jobs).map_err(failed(&jobs))? {
            let folder = entry.map_err(failed(&jobs))?.path();
            if self.is_over(&folder) {
                fs::remove_dir_all(&folder).map_err(failed(&folder))?;
                continue;
            }
            match find(&folder) {
                Ok(Some(job)) => found.push(job),
                Ok(None) => fs::remove_dir_all(&folder).map_err(failed(&folder))?,
                Err(error) => {
                    tracing::error!(%error, "a job is set aside, and will not be run");
                    set_aside(dir, &folder)?;
                }
            }
        }
        found.sort_by_key(|found| found.job.requested_at);
        Ok(found)
    }

    /// Whether the end of a folder's job was acknowledged. Who is killed while it removes a folder leaves any part of it behind,
    /// and that may look like a job which never began.
    fn is_over(&self, folder: &Path) -> bool {
        let command = folder.file_name().and_then(|name| name.to_str()?.parse().ok());
        command.is_some_and(|command| self.ended(&command).is_some())
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
    /// When it cannot; the job is reported again by the next agent process then.
    pub fn forget(&mut self, command: &CommandId, state: InvocationState) -> Result<(), LedgerError> {
        self.remember(command.clone(), state);
        let Some(dir) = &self.dir else { return Ok(()) };
        let folder = self.folder(command);
        // The output goes first: on a full disk this makes the room for the line.
        let _ = Spool::files(&folder).clear();
        let log = dir.join("done.log");
        append(&log, &line(&Done { command: command.clone(), state }))?;
        self.lines += 1;
        if self.lines > 2 * MAX_DONE {
            self.shorten(&log)?;
        }
        match fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed(&folder)(error)),
            _ => Ok(()),
        }
    }
}

impl Ledger {
    /// Writes `done.log` anew with what is remembered.
    fn shorten(&mut self, log: &Path) -> Result<(), LedgerError> {
        let state =
            |command: &CommandId| Some(Done { command: command.clone(), state: *self.done.get(command)? });
        let lines: String = self.order.iter().filter_map(state).map(|done| line(&done)).collect();
        replace(log, lines.as_bytes())?;
        self.lines = self.order.len();
        Ok(())
    }
}

/// What a folder holds; `None` when its job was never written down whole.
fn find(folder: &Path) -> Result<Option<Found>, LedgerError> {
    let Some(job) = read::<Job>(&folder.join("job.json"))? else { return Ok(None) };
    let progress: Progress = read(&folder.join("progress.json"))?.unwrap_or_default();
    let rebooting = progress.rebooting.clone().or_else(|| rebooting_within(folder));
    let outcome = read(&folder.join("outcome.json"))?;
    Ok(Some(Found { job, progress, rebooting, outcome }))
}

fn line(done: &Done) -> String {
    serde_json::to_string(done).unwrap_or_default() + "\n"
}

#[cfg(test)]
mod tests {
    use pilothouse_protocol::Millis;

    use super::*;
    use pilothouse_protocol::{InstanceId, JobId};
    use std::fs::File;
    use std::io::Write;

    fn job(n: u8) -> Job {
        Job {
            id: JobId {
                command: format!("00000000-0000-0000-0000-0000000000{n:02x}").parse().unwrap(),
                instance: InstanceId::from_random([1; 9]),
            },
            document_name: "AWS-RunShellScript".into(),
            document: "{}".into(),
            parameters: BTreeMap::new(),
            resolved: BTreeMap::new(),
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

    #[test]
    fn a_job_that_is_over_and_whose_folder_is_half_removed_does_not_run_again() {
        let dir = tempfile::tempdir().unwrap();
        let mut ledger = Ledger::open(dir.path()).unwrap();
        ledger.accept(&job(1)).unwrap();
        ledger.forget(&job(1).id.command, InvocationState::Success).unwrap();
        // Killed in the middle of the removal: the signs that it ran are gone, what to run is not.
        ledger.accept(&job(1)).unwrap();
        let again = Ledger::open(dir.path()).unwrap();
        assert!(again.found().unwrap().is_empty());
        assert!(!again.folder(&job(1).id.command).exists());
    }

    #[test]
    fn a_torn_line_does_not_spoil_the_next() {
        let dir = tempfile::tempdir().unwrap();
        let mut ledger = Ledger::open(dir.path()).unwrap();
        ledger.forget(&job(1).id.command, InvocationState::Failed).unwrap();
        File::options()
            .append(true)
            .open(dir.path().join("done.log"))
            .unwrap()
            .write_all(b"{\"comm")
            .unwrap();
        ledger.forget(&job(2).id.command, InvocationState::Success).unwrap();
        let again = Ledger::open(dir.path()).unwrap();
        assert_eq!(again.ended(&job(1).id.command), Some(InvocationState::Failed));
        assert_eq!(again.ended(&job(2).id.command), Some(InvocationState::Success));
    }

    #[test]
    fn a_damaged_job_is_set_aside_and_the_others_go_on() {
        let dir = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(dir.path()).unwrap();
        ledger.accept(&job(1)).unwrap();
        ledger.accept(&job(2)).unwrap();
        fs::write(ledger.folder(&job(1).id.command).join("progress.json"), "{").unwrap();
        let found = ledger.found().unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].job, job(2));
        assert!(dir.path().join("damaged").join(job(1).id.command.as_str()).exists());
    }

    #[test]
    fn jobs_of_the_place_that_a_directory_was_copied_from_are_not_run() {
        let dir = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(dir.path()).unwrap();
        ledger.move_in("here").unwrap();
        ledger.accept(&job(1)).unwrap();
        ledger.move_in("here").unwrap();
        assert_eq!(ledger.found().unwrap().len(), 1);
        ledger.move_in("a copy").unwrap();
        assert!(ledger.found().unwrap().is_empty());
        assert!(dir.path().join("damaged").join(job(1).id.command.as_str()).exists());
    }

    #[test]
    fn the_log_of_ends_does_not_grow_without_end() {
        let dir = tempfile::tempdir().unwrap();
        let mut ledger = Ledger::open(dir.path()).unwrap();
        ledger.lines = 2 * MAX_DONE;
        fs::write(dir.path().join("done.log"), "an old line\n".repeat(1000)).unwrap();
        ledger.forget(&job(1).id.command, InvocationState::Success).unwrap();
        let text = fs::read_to_string(dir.path().join("done.log")).unwrap();
        assert_eq!(text.lines().count(), 1);
        assert_eq!(ledger.lines, 1);
    }

    #[test]
    fn only_the_newest_ends_are_remembered() {
        let mut ledger = Ledger::memory();
        let id = |n: usize| format!("00000000-0000-0000-0000-{n:012x}").parse::<CommandId>().unwrap();
        (0..=MAX_DONE).for_each(|n| ledger.forget(&id(n), InvocationState::Success).unwrap());
        assert_eq!(ledger.ended(&id(0)), None);
        assert_eq!(ledger.ended(&id(MAX_DONE)), Some(InvocationState::Success));
    }
}
