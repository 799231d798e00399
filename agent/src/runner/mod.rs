//! One task per job: waits for a slot, runs the steps in order, keeps the ledger.
//!
//! Ledger first, then the deed: that a first step begins is written before it begins, each step's end before the next one. After
//! a restart the task goes on where the ledger ends, adopting the process of the step that was running. A document within a step
//! (`nested`) is run by the same `sequence` as the command's own, and kept in the same way, in the step's directory.
//!
//! In: jobs on the board. Out: their progress and end on the board. Never here: the link, processes, what an action does.

mod nested;
mod reboot;
mod sequence;
mod watching;

use pilothouse_document::{Document, Format};
use pilothouse_protocol::{InvocationState, Job, JobId, Outcome, ProcessState, Progress as Doing};
use tokio::sync::OwnedSemaphorePermit;

use crate::board::{Assignment, Board, Counted};
use crate::clock;
use crate::ledger::{LedgerError, Progress};
use sequence::{Ended, Keep, Sequence, Work};

/// Puts up what an earlier agent process left, and goes on with it.
///
/// # Errors
/// When the ledger cannot be read.
pub fn recover(board: &Board) -> Result<(), LedgerError> {
    let found = board.ledger().found()?;
    // All are put up, and what runs is counted, before any goes on: one of them may have the machine about to go down.
    let mut open = Vec::new();
    for job in found {
        let id = job.job.id.clone();
        tracing::info!(job = %id, "found a job that an earlier agent process left");
        if board.restore(job) {
            open.extend(board.assignment(&id).map(|it| {
                let runs = it.progress.started_at.is_some().then(|| board.runs_on());
                (it, runs)
            }));
        }
    }
    open.into_iter().for_each(|(assignment, runs)| spawn(board, assignment, runs));
    Ok(())
}

/// Takes a job that the server delivered, and begins it if it is new.
pub fn deliver(board: &Board, job: &Job) {
    if board.put_up(job)
        && let Some(assignment) = board.assignment(&job.id)
    {
        spawn(board, assignment, None);
    }
}

/// Begins a job, or goes on with one that runs.
fn spawn(board: &Board, assignment: Assignment, runs: Option<Counted>) {
    let board = board.clone();
    tokio::spawn(async move {
        let id = assignment.job.id.clone();
        let outcome = run(&board, assignment, runs).await;
        board.finish(&id, outcome);
    });
}

async fn run(board: &Board, assignment: Assignment, runs: Option<Counted>) -> Outcome {
    let is_resumed = runs.is_some();
    let Some(_turn) = turn(board, &assignment, runs).await else {
        return never_ran(InvocationState::Cancelled, "cancelled before it began");
    };
    if !is_resumed && board.server_now() > assignment.job.start_by {
        return never_ran(
            InvocationState::DeliveryTimedOut,
            "the node was free for it only after the delivery time-out",
        );
    }
    match Document::parse(&assignment.job.document, Format::Json) {
        Ok(document) => steps(board, assignment, &document).await,
        Err(error) => never_ran(InvocationState::Failed, format!("the document cannot be read: {error}")),
    }
}

/// A job's turn, as long as it is held.
struct Turn {
    _slot: Option<OwnedSemaphorePermit>,
    _counted: Counted,
}

/// Waits for a job's turn: for a slot, and while the machine is about to be rebooted. `None` when it is cancelled meanwhile. One that
/// was begun by an earlier agent process waits for nothing, as what it runs does not either; it is stopped by adopting it.
async fn turn(board: &Board, assignment: &Assignment, runs: Option<Counted>) -> Option<Turn> {
    if let Some(counted) = runs {
        return Some(Turn { _slot: board.slots().try_acquire_owned().ok(), _counted: counted });
    }
    let mut cancelled = assignment.cancelled.clone();
    let comes = async {
        let slot = board.slots().acquire_owned().await.ok();
        Turn { _slot: slot, _counted: board.begins().await }
    };
    let is_told = async {
        tokio::time::sleep(watching::LOOK).await;
        board.note_doing(&assignment.job.id, queued());
        std::future::pending::<()>().await;
    };
    tokio::select! {
        biased;
        _ = cancelled.wait_for(|is| *is) => None,
        turn = comes => Some(turn),
        () = is_told => None,
    }
}

fn queued() -> Doing {
    let state = ProcessState::Queued;
    Doing { at: clock::now(), step: 0, pid: None, state, processes: 0, quiet_seconds: 0, waits_for: None }
}

async fn steps(board: &Board, assignment: Assignment, document: &Document) -> Outcome {
    let Some(steps) = document.command_steps() else {
        let schema = document.schema_version;
        let message = format!("a document of schema {schema} has no steps that a node could run");
        return never_ran(InvocationState::Failed, message);
    };
    let bindings = match document.bind_resolved(&assignment.job.parameters, &assignment.job.resolved) {
        Ok(bindings) => bindings,
        Err(error) => {
            let why = format!("the document does not take these parameters: {error}");
            return never_ran(InvocationState::Failed, why);
        }
    };
    let Assignment { job, spool, progress, cancelled } = assignment;
    let work = Work { board: board.clone(), job: job.id.clone(), spool, cancelled };
    let keep = OnBoard { board, job: &job.id };
    let schema = document.schema_version;
    let sequence = Sequence { work: &work, at: &[], schema, steps, bindings: &bindings, keep: &keep };
    match sequence.run(progress).await {
        Ok(ended) => outcome(&work, ended),
        Err(error) => {
            never_ran(InvocationState::Failed, format!("not run: {error}; free some space on the node"))
        }
    }
}

/// The progress of a command's own document: on the board, which tells it, and in the ledger.
struct OnBoard<'a> {
    board: &'a Board,
    job: &'a JobId,
}

impl Keep for OnBoard<'_> {
    fn begun(&self, progress: &Progress) -> Result<(), LedgerError> {
        self.board.note_going_on(self.job);
        self.advanced(progress)
    }

    fn advanced(&self, progress: &Progress) -> Result<(), LedgerError> {
        self.board.advance(self.job, |kept| kept.advance_to(progress))
    }
}

fn outcome(work: &Work, ended: Ended) -> Outcome {
    let state = ended.state();
    let Progress { steps, lost, killed, killed_count, .. } = ended.progress;
    let output_end = work.spool.end().unwrap_or(0) + lost;
    Outcome {
        state,
        steps,
        finished_at: clock::now(),
        output_end,
        message: String::new(),
        killed,
        killed_count,
    }
}

fn never_ran(state: InvocationState, message: impl Into<String>) -> Outcome {
    Outcome {
        state,
        steps: Vec::new(),
        finished_at: clock::now(),
        output_end: 0,
        message: message.into(),
        killed: Vec::new(),
        killed_count: 0,
    }
}
