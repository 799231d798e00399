//! What every job stands at: written by the runner, told by the link.
//!
//! The link keeps a cursor per job of what it has told ([`Told`]); what to say next is the difference. So nothing is queued for
//! a link that is down, and a new link only sets its cursors to what the server says it has.
//!
//! In: jobs and cancels from the link, progress and ends from the runner. Out: frames, one at a time, as the link has room for
//! them. Never here: sockets, processes.

mod asks;
mod doing;
mod entry;
mod telling;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use pilothouse_protocol::frame::MAX_HELD;
use pilothouse_protocol::{InvocationState, Job, JobId, Millis, Outcome};
use tokio::sync::{Notify, Semaphore, watch};

use crate::clock::{self, Remote};
use crate::host::Host;
use crate::ledger::{Found, Ledger, LedgerError, Progress};
use crate::spool::Spool;
pub(crate) use doing::Counted;
use entry::Entry;
pub use entry::Told;

/// The output of all jobs together may take as much disk as that of so many jobs.
const FULL_SPOOLS: u64 = 16;
/// What a job gets of the disk even if the others leave nothing.
const LEAST_SPOOL: u64 = 1024 * 1024;

/// The board. Clones are the same board.
#[derive(Clone)]
pub struct Board(Arc<Inner>);

struct Inner {
    host: Arc<dyn Host>,
    ledger: Mutex<Ledger>,
    jobs: Mutex<BTreeMap<JobId, Entry>>,
    asks: Mutex<asks::Asks>,
    traffic: doing::Traffic,
    reboot_patience: Mutex<Duration>,
    changed: Notify,
    slots: Arc<Semaphore>,
    spool_bytes: u64,
    /// Once a link was up.
    server_clock: Mutex<Option<Remote>>,
}

/// What a runner works with.
pub(crate) struct Assignment {
    pub(crate) job: Job,
    pub(crate) spool: Spool,
    pub(crate) progress: Progress,
    pub(crate) cancelled: watch::Receiver<bool>,
}

/// A panic leaves whole entries behind.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The end of a job of which nothing was run.
fn not_run(state: InvocationState, message: String) -> Outcome {
    let (steps, killed) = (Vec::new(), Vec::new());
    Outcome { state, steps, finished_at: clock::now(), output_end: 0, message, killed, killed_count: 0 }
}

impl Board {
    /// A board over a ledger; so many jobs run at a time, and the output of each may take so many bytes of the disk.
    #[must_use]
    pub fn new(ledger: Ledger, host: Arc<dyn Host>, concurrency: usize, spool_bytes: u64) -> Self {
        Self(Arc::new(Inner {
            host,
            ledger: Mutex::new(ledger),
            jobs: Mutex::default(),
            asks: Mutex::default(),
            traffic: doing::Traffic::default(),
            reboot_patience: Mutex::default(),
            changed: Notify::new(),
            slots: Arc::new(Semaphore::new(concurrency.max(1))),
            spool_bytes,
            server_clock: Mutex::default(),
        }))
    }

    pub(crate) fn host(&self) -> &Arc<dyn Host> {
        &self.0.host
    }

    pub(crate) fn slots(&self) -> Arc<Semaphore> {
        self.0.slots.clone()
    }

    pub(crate) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        lock(&self.0.ledger)
    }

    /// The link learned the server's clock.
    pub fn set_server_now(&self, server_now: Millis) {
        *lock(&self.0.server_clock) = Some(Remote::told(server_now));
    }

    /// Now, by the server's clock: what it sets dates by. By this machine's own before the first link.
    pub(crate) fn server_now(&self) -> Millis {
        lock(&self.0.server_clock).map_or_else(clock::now, Remote::now)
    }

    /// Bytes that the output of a job may take on disk, after what the others take or may take.
    pub(crate) fn room_for(&self, id: &JobId) -> u64 {
        let each = self.0.spool_bytes;
        let ledger = self.ledger();
        let jobs = lock(&self.0.jobs);
        let others = jobs.iter().filter(|(other, _)| *other != id).map(|(other, entry)| {
            let is_running = entry.progress.started_at.is_some() && entry.is_open();
            if is_running { each } else { ledger.spooled(&other.command) }
        });
        (FULL_SPOOLS * each).saturating_sub(others.sum()).clamp(LEAST_SPOOL.min(each), each)
    }

    /// Waits until there may be something to say.
    pub async fn changed(&self) {
        self.0.changed.notified().await;
    }

    /// There may be something to say.
    pub(crate) fn ring(&self) {
        self.0.changed.notify_one();
    }

    /// Puts a job up that the server delivered; `true` if it is new, and to be run. Known ones are not run again, and one that
    /// cannot be written down is put up as over.
    pub(crate) fn put_up(&self, job: &Job) -> bool {
        let (is_known, is_full) = {
            let jobs = lock(&self.0.jobs);
            (jobs.contains_key(&job.id), jobs.len() >= MAX_HELD)
        };
        self.ring();
        if is_known {
            return false;
        }
        let ledger = self.ledger();
        let refusal = match ledger.ended(&job.id.command) {
            Some(state) => Some((
                state,
                String::from("delivered again after its end was acknowledged; it was not run again"),
            )),
            None if is_full => {
                // Not even written down: the server keeps it and delivers it again on the next link.
                tracing::warn!(job = %job.id, "too many jobs are held; this one is not taken now");
                return false;
            }
            None => ledger.accept(job).err().map(|error| {
                (
                    InvocationState::Failed,
                    format!("not run: {error}; free some space on the node and run it again"),
                )
            }),
        };
        let outcome = refusal.map(|(state, message)| not_run(state, message));
        let is_new = outcome.is_none();
        let entry = Entry::new(job.clone(), ledger.spool(&job.id.command), Progress::default(), outcome);
        lock(&self.0.jobs).insert(job.id.clone(), entry);
        is_new
    }

    /// Puts a job up that an earlier agent process left; `true` if it is to go on.
    pub(crate) fn restore(&self, found: Found) -> bool {
        let is_open = found.outcome.is_none();
        let spool = self.ledger().spool(&found.job.id.command);
        let id = found.job.id.clone();
        let entry = Entry::new(found.job, spool, found.progress, found.outcome);
        lock(&self.0.jobs).insert(id.clone(), entry);
        if is_open && found.rebooting.as_ref() == Some(&self.0.host.boot_id()) {
            self.note_reboot(&id, found.rebooting);
        }
        is_open
    }

    pub(crate) fn assignment(&self, id: &JobId) -> Option<Assignment> {
        lock(&self.0.jobs).get(id).map(|entry| Assignment {
            job: entry.job.clone(),
            spool: entry.spool.clone(),
            progress: entry.progress.clone(),
            cancelled: entry.cancel.subscribe(),
        })
    }

    /// Asks a job to stop; unknown ones are over.
    pub fn cancel(&self, id: &JobId) {
        let written = self.change(id, |entry| {
            entry.progress.cancelled = true;
            let _ = entry.cancel.send(true);
        });
        if let Err(error) = written {
            tracing::warn!(%error, "a cancel could not be written down; it is in effect all the same");
        }
    }

    /// Changes a job's progress, in memory and on disk.
    pub(crate) fn advance(&self, id: &JobId, change: impl FnOnce(&mut Progress)) -> Result<(), LedgerError> {
        let written = self.change(id, |entry| change(&mut entry.progress));
        self.ring();
        written
    }

    fn change(&self, id: &JobId, change: impl FnOnce(&mut Entry)) -> Result<(), LedgerError> {
        // Held over both, so that what is written last is what happened last.
        let ledger = self.ledger();
        let progress = lock(&self.0.jobs).get_mut(id).filter(|entry| entry.is_open()).map(|entry| {
            change(entry);
            entry.progress.clone()
        });
        progress.map_or(Ok(()), |progress| ledger.progress(&id.command, &progress))
    }

    pub(crate) fn note_pid(&self, id: &JobId, pid: Option<u32>) {
        if let Some(entry) = lock(&self.0.jobs).get_mut(id) {
            entry.pid = pid;
        }
    }

    /// A job is over.
    pub(crate) fn finish(&self, id: &JobId, outcome: Outcome) {
        if let Err(error) = self.ledger().finish(&id.command, &outcome) {
            tracing::warn!(%error, "an end could not be written down; it is reported all the same");
        }
        let is_unwanted = lock(&self.0.jobs).get_mut(id).is_some_and(|entry| {
            entry.outcome = Some(outcome);
            entry.rebooting = None;
            entry.is_unwanted
        });
        if is_unwanted {
            self.forget(id);
        }
        self.ring();
    }

    /// The server has a job's end for good, or wants to hear no more of it. If it still runs it is stopped first.
    pub fn forget(&self, id: &JobId) {
        let still_runs = lock(&self.0.jobs).get_mut(id).is_some_and(|entry| {
            entry.is_unwanted = true;
            entry.is_open()
        });
        if still_runs {
            return self.cancel(id);
        }
        let Some(entry) = lock(&self.0.jobs).remove(id) else { return };
        let state = entry.outcome.as_ref().map_or(InvocationState::Cancelled, |outcome| outcome.state);
        if let Err(error) = self.ledger().forget(&id.command, state) {
            tracing::warn!(%error, "an acknowledged job could not be cleared away; the next start reports it again");
        }
    }
}
