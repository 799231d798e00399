//! One task per job: waits for a slot, runs the steps in order, keeps the ledger.
//!
//! Ledger first, then the deed: that a first step begins is written before it begins, each step's end before the next one. After
//! a restart the task goes on where the ledger ends, adopting the process of the step that was running.

use std::path::PathBuf;

use pilothouse_document::{Bindings, Document, Format, Gate, Step, Then};
use pilothouse_protocol::{InvocationState, JobId, Outcome, StepResult, StepState};
use tokio::sync::watch;

use crate::board::{Assignment, Board, rolled_up};
use crate::clock;
use crate::host::{Host, Place};
use crate::ledger::LedgerError;
use crate::plugin::{self, StepContext, StepEnd};

/// Puts up what an earlier agent process left, and goes on with it.
///
/// # Errors
/// When the ledger cannot be read.
pub async fn recover(board: &Board) -> Result<(), LedgerError> {
    let found = board.ledger().found()?;
    for job in found {
        tracing::info!(job = %job.job.id, "found a job that an earlier agent process left");
        board.restore(job);
    }
    Ok(())
}

/// Begins (or goes on with) a job.
pub(crate) fn spawn(board: &Board, id: JobId) {
    let board = board.clone();
    tokio::spawn(async move {
        let Some(assignment) = board.assignment(&id) else { return };
        let outcome = run(&board, assignment).await;
        board.finish(&id, outcome);
    });
}

async fn run(board: &Board, assignment: Assignment) -> Outcome {
    let mut cancelled = assignment.cancelled.clone();
    let slots = board.slots();
    let is_resumed = assignment.progress.started_at.is_some();
    let slot = tokio::select! {
        biased;
        _ = cancelled.wait_for(|is| *is), if !is_resumed => None,
        slot = slots.acquire() => slot.ok(),
    };
    if slot.is_none() {
        return never_ran(InvocationState::Cancelled, "cancelled before it began");
    }
    if !is_resumed && clock::now() > assignment.job.start_by {
        return never_ran(InvocationState::DeliveryTimedOut, "the node was free for it only after the delivery time-out");
    }
    let document = match Document::parse(&assignment.job.document, Format::Json) {
        Ok(document) => document,
        Err(error) => return never_ran(InvocationState::Failed, format!("the document cannot be read: {error}")),
    };
    match document.bind(&assignment.job.parameters) {
        Ok(bindings) => steps(board, assignment, &document, &bindings).await,
        Err(error) => never_ran(InvocationState::Failed, format!("the document does not take these parameters: {error}")),
    }
}

fn never_ran(state: InvocationState, message: impl Into<String>) -> Outcome {
    Outcome { state, steps: Vec::new(), finished_at: clock::now(), output_end: 0, message: message.into() }
}

/// Why the remaining steps do not run.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rest {
    Runs,
    Ended,
    EndedWell,
}

async fn steps(board: &Board, assignment: Assignment, document: &Document, bindings: &Bindings) -> Outcome {
    let id = assignment.job.id.clone();
    let host = board.host().clone();
    let mut progress = assignment.progress.clone();
    let was_running = progress.started_at.is_some();
    let resumed_at = progress.steps.len();
    let mut rest = Rest::Runs;
    for (i, step) in document.steps.iter().enumerate() {
        if let Some(done) = progress.steps.get(i) {
            rest = after(step, done, rest);
            continue;
        }
        let is_cancelled = *assignment.cancelled.borrow();
        if (rest != Rest::Runs || is_cancelled) && !step.is_finally {
            continue;
        }
        let index = u16::try_from(i).unwrap_or(u16::MAX);
        if progress.started_at.is_none() {
            let (now, boot_id) = (clock::now(), host.facts().boot_id);
            if let Err(error) = board.advance(&id, |p| (p.started_at, p.boot_id) = (Some(now), boot_id)) {
                return never_ran(InvocationState::Failed, format!("not run: {error}; free some space on the node"));
            }
            progress.started_at = Some(now);
        }
        let place = Place { dir: step_dir(board, &id, index), step: index, spool: assignment.spool.clone(), carry_lost: progress.lost };
        let adopt = was_running && i == resumed_at;
        let (result, exit) = one_step(board, &host, step, document, bindings, place, adopt, &id, assignment.cancelled.clone()).await;
        progress.lost = exit.lost;
        rest = match exit.code {
            // Source: User Guide, "Using exit codes in commands".
            168 if exit.by_itself => Rest::EndedWell,
            169 if exit.by_itself => Rest::Ended,
            _ => after(step, &result, rest),
        };
        progress.steps.push(result.clone());
        let lost = progress.lost;
        if let Err(error) = board.advance(&id, |p| { p.steps.push(result); p.lost = lost; }) {
            tracing::warn!(%error, "a step's end could not be written down");
        }
    }
    let state = if rest == Rest::EndedWell { InvocationState::Success } else { rolled_up(&progress.steps) };
    let was_cut = *assignment.cancelled.borrow() && progress.steps.len() < document.steps.len();
    let state = if was_cut && state == InvocationState::Success { InvocationState::Cancelled } else { state };
    let output_end = assignment.spool.end().unwrap_or(0) + progress.lost;
    Outcome { state, steps: progress.steps, finished_at: clock::now(), output_end, message: String::new() }
}

fn step_dir(board: &Board, id: &JobId, index: u16) -> PathBuf {
    board.ledger().folder(&id.command).join(format!("step-{index}"))
}

fn after(step: &Step, done: &StepResult, so_far: Rest) -> Rest {
    let then = match done.state {
        StepState::Success => step.on_success,
        StepState::Skipped => Then::Continue,
        _ => step.on_failure,
    };
    match then {
        Then::Continue => so_far,
        Then::Exit => Rest::Ended,
        Then::SuccessAndExit => Rest::EndedWell,
    }
}

/// What the runner needs of a step's end beyond its result.
struct Exited {
    code: i32,
    by_itself: bool,
    lost: u64,
}

#[expect(clippy::too_many_arguments, reason = "the step's whole surroundings, taken apart once")]
async fn one_step(
    board: &Board,
    host: &std::sync::Arc<dyn Host>,
    step: &Step,
    document: &Document,
    bindings: &Bindings,
    place: Place,
    adopt: bool,
    id: &JobId,
    cancelled: watch::Receiver<bool>,
) -> (StepResult, Exited) {
    let (index, started_at, carried) = (place.step, clock::now(), place.carry_lost);
    let end = match step.gate(document.schema_version, host.platform(), bindings) {
        Gate::Skip(why) => StepEnd::skipped(why),
        Gate::Fail(why) => StepEnd::failed(why),
        Gate::Run => {
            let (ring, note) = (board.clone(), board.clone());
            let noted = id.clone();
            let context = StepContext {
                host: host.clone(),
                place,
                adopt,
                boot_changed: boot_changed(board, id),
                cancelled,
                env: bindings.env(),
                on_change: Box::new(move || ring.ring()),
                on_pid: Box::new(move |pid| note.note_pid(&noted, pid)),
            };
            plugin::run(&step.action, context, bindings.apply(&step.inputs)).await
        }
    };
    let exited = Exited {
        code: end.code,
        by_itself: end.by_itself,
        lost: if end.ran { end.lost } else { carried },
    };
    let state = match (end.by_itself, end.code) {
        (true, 168) => StepState::Success,
        _ => end.state,
    };
    let result = StepResult {
        index,
        name: step.name.clone(),
        action: step.action.clone(),
        state,
        code: end.code,
        started_at,
        finished_at: clock::now(),
        message: end.message,
    };
    (result, exited)
}

fn boot_changed(board: &Board, id: &JobId) -> bool {
    board.assignment(id).is_some_and(|it| !it.progress.boot_id.is_empty() && it.progress.boot_id != board.host().facts().boot_id)
}
