//! One task per job: waits for a slot, runs the steps in order, keeps the ledger.
//!
//! Ledger first, then the deed: that a first step begins is written before it begins, each step's end before the next one. After
//! a restart the task goes on where the ledger ends, adopting the process of the step that was running.
//!
//! In: jobs on the board. Out: their progress and end on the board. Never here: the link, processes, what an action does.

use std::path::PathBuf;

use pilothouse_document::{Bindings, Document, Format, Gate, SchemaVersion, Step, Then};
use pilothouse_protocol::{InvocationState, Job, JobId, Outcome, StepResult, StepState};

use crate::board::{Assignment, Board};
use crate::clock;
use crate::host::Place;
use crate::ledger::{LedgerError, Progress};
use crate::plugin::{StepContext, StepEnd};
use crate::plugins;

/// Puts up what an earlier agent process left, and goes on with it.
///
/// # Errors
/// When the ledger cannot be read.
pub fn recover(board: &Board) -> Result<(), LedgerError> {
    let found = board.ledger().found()?;
    for job in found {
        let id = job.job.id.clone();
        tracing::info!(job = %id, "found a job that an earlier agent process left");
        if board.restore(job) {
            spawn(board, id);
        }
    }
    Ok(())
}

/// Takes a job that the server delivered, and begins it if it is new.
pub fn deliver(board: &Board, job: &Job) {
    if board.put_up(job) {
        spawn(board, job.id.clone());
    }
}

/// Begins (or goes on with) a job.
fn spawn(board: &Board, id: JobId) {
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
    if !is_resumed && board.server_now() > assignment.job.start_by {
        return never_ran(
            InvocationState::DeliveryTimedOut,
            "the node was free for it only after the delivery time-out",
        );
    }
    let document = match Document::parse(&assignment.job.document, Format::Json) {
        Ok(document) => document,
        Err(error) => {
            return never_ran(InvocationState::Failed, format!("the document cannot be read: {error}"));
        }
    };
    let Some(steps) = document.command_steps() else {
        let schema = document.schema_version;
        let message = format!("a document of schema {schema} has no steps that a node could run");
        return never_ran(InvocationState::Failed, message);
    };
    match document.bind(&assignment.job.parameters) {
        Ok(bindings) => {
            let schema = document.schema_version;
            Run { board, assignment: &assignment, schema, document: steps, bindings: &bindings }.steps().await
        }
        Err(error) => never_ran(
            InvocationState::Failed,
            format!("the document does not take these parameters: {error}"),
        ),
    }
}

fn never_ran(state: InvocationState, message: impl Into<String>) -> Outcome {
    Outcome { state, steps: Vec::new(), finished_at: clock::now(), output_end: 0, message: message.into() }
}

/// Whether the remaining steps run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rest {
    Runs,
    Ended,
    EndedWell,
}

/// What follows from a step's end; from what the ledger keeps alone, so that a restart does not change it.
fn after(step: &Step, end: &StepResult, so_far: Rest) -> Rest {
    // Source: User Guide, "Using exit codes in commands".
    match end.code {
        168 => return Rest::EndedWell,
        169 => return Rest::Ended,
        _ => {}
    }
    let then = match end.state {
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

/// What the steps make of the whole.
fn rolled_up(steps: &[StepResult]) -> InvocationState {
    let any = |state: StepState| steps.iter().any(|step| step.state == state);
    // Source: the order in which AWS's agent aggregates plugin results.
    if any(StepState::Failed) {
        InvocationState::Failed
    } else if any(StepState::TimedOut) {
        InvocationState::ExecutionTimedOut
    } else if any(StepState::Cancelled) {
        InvocationState::Cancelled
    } else {
        InvocationState::Success
    }
}

/// A job that is being run.
struct Run<'a> {
    board: &'a Board,
    assignment: &'a Assignment,
    schema: SchemaVersion,
    document: &'a [Step],
    bindings: &'a Bindings,
}

impl Run<'_> {
    async fn steps(&self) -> Outcome {
        let Assignment { job, cancelled, .. } = self.assignment;
        let mut progress = self.assignment.progress.clone();
        let resumes_at = progress.started_at.map(|_| progress.steps.len());
        let mut rest = Rest::Runs;
        for (i, step) in self.document.iter().enumerate() {
            if let Some(done) = progress.steps.iter().find(|done| usize::from(done.index) == i) {
                rest = after(step, done, rest);
                continue;
            }
            let adopt = resumes_at == Some(progress.steps.len());
            // What an earlier agent process began is stopped by adopting it, not by leaving it alone.
            let is_stopped = *cancelled.borrow() && !adopt;
            if (rest != Rest::Runs || is_stopped) && !step.is_finally {
                continue;
            }
            if progress.started_at.is_none()
                && let Err(error) = self.begin(&mut progress)
            {
                return never_ran(
                    InvocationState::Failed,
                    format!("not run: {error}; free some space on the node"),
                );
            }
            let result = self.step(i, step, &mut progress, adopt).await;
            rest = after(step, &result, rest);
            progress.steps.push(result);
            if let Err(error) = self.board.advance(&job.id, |kept| kept.advance_to(&progress)) {
                tracing::warn!(%error, "a step's end could not be written down; it is found again in its files");
            }
        }
        self.outcome(progress, rest)
    }

    fn outcome(&self, progress: Progress, rest: Rest) -> Outcome {
        let was_cut = *self.assignment.cancelled.borrow() && progress.steps.len() < self.document.len();
        let state = match (rest, rolled_up(&progress.steps)) {
            (Rest::EndedWell, _) => InvocationState::Success,
            (_, InvocationState::Success) if was_cut => InvocationState::Cancelled,
            (_, state) => state,
        };
        let output_end = self.assignment.spool.end().unwrap_or(0) + progress.lost;
        Outcome {
            state,
            steps: progress.steps,
            finished_at: clock::now(),
            output_end,
            message: String::new(),
        }
    }

    /// Writes down that the first step begins.
    fn begin(&self, progress: &mut Progress) -> Result<(), LedgerError> {
        let (now, boot_id) = (clock::now(), self.board.host().boot_id());
        progress.started_at = Some(now);
        progress.boot_id = boot_id.clone();
        self.board.advance(&self.assignment.job.id, |progress| {
            progress.started_at = Some(now);
            progress.boot_id = boot_id;
        })
    }

    async fn step(&self, i: usize, step: &Step, progress: &mut Progress, adopt: bool) -> StepResult {
        let index = u16::try_from(i).unwrap_or(u16::MAX);
        let started_at = if i == 0 { progress.started_at } else { None }.unwrap_or_else(clock::now);
        let host = self.board.host();
        let end = match step.gate(self.schema, host.platform(), self.bindings) {
            Gate::Skip(why) => StepEnd::skipped(why),
            Gate::Fail(why) => StepEnd::failed(why),
            Gate::Run => match step.bound(self.bindings) {
                Ok(inputs) => {
                    let context = self.context(index, progress, adopt);
                    plugins::run(&step.action, context, inputs).await
                }
                Err(error) => StepEnd::failed(format!("the step {} was not run: {error}", step.name)),
            },
        };
        if end.ran {
            progress.lost = end.lost;
        }
        StepResult {
            index,
            name: step.name.clone(),
            action: step.action.clone(),
            state: if end.code == 168 { StepState::Success } else { end.state },
            code: end.code,
            started_at,
            finished_at: clock::now(),
            message: end.message,
        }
    }

    fn context(&self, step: u16, progress: &Progress, adopt: bool) -> StepContext {
        let Assignment { job, spool, cancelled, .. } = self.assignment;
        let host = self.board.host().clone();
        let rebooted = adopt && progress.boot_id != host.boot_id();
        let (to_ring, to_note, id) = (self.board.clone(), self.board.clone(), job.id.clone());
        let mut env = self.bindings.env();
        env.push((String::from("AWS_SSM_INSTANCE_ID"), job.id.instance.to_string()));
        StepContext {
            host,
            place: Place {
                dir: self.directory(step),
                step,
                spool: spool.clone(),
                spool_bytes: self.board.room_for(&job.id),
                carry_lost: progress.lost,
            },
            adopt,
            rebooted,
            cancelled: cancelled.clone(),
            env,
            on_change: Box::new(move || to_ring.ring()),
            on_pid: Box::new(move |pid| to_note.note_pid(&id, pid)),
        }
    }

    fn directory(&self, step: u16) -> PathBuf {
        self.board.ledger().folder(&self.assignment.job.id.command).join(format!("step-{step}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pilothouse_protocol::Millis;

    fn ended(state: StepState, code: i32) -> StepResult {
        StepResult {
            index: 0,
            name: String::new(),
            action: String::new(),
            state,
            code,
            started_at: Millis(0),
            finished_at: Millis(0),
            message: String::new(),
        }
    }

    #[test]
    fn a_failed_step_makes_the_whole_failed_and_a_skipped_one_does_not() {
        let roll = |states: &[StepState]| {
            rolled_up(&states.iter().map(|state| ended(*state, 0)).collect::<Vec<_>>())
        };
        use StepState as S;
        assert_eq!(roll(&[S::Success, S::Skipped]), InvocationState::Success);
        assert_eq!(roll(&[S::Cancelled, S::Failed, S::TimedOut]), InvocationState::Failed);
        assert_eq!(roll(&[S::Cancelled, S::TimedOut]), InvocationState::ExecutionTimedOut);
        assert_eq!(roll(&[S::Success, S::Cancelled]), InvocationState::Cancelled);
    }

    #[test]
    fn exit_codes_168_and_169_end_the_document_well_and_badly() {
        let text = r#"{"schemaVersion": "2.2", "mainSteps": [{"action": "aws:runShellScript", "name": "a", "inputs": {}}]}"#;
        let document = Document::parse(text, Format::Json).unwrap();
        let after =
            |state, code| after(&document.command_steps().unwrap()[0], &ended(state, code), Rest::Runs);
        assert_eq!(after(StepState::Success, 168), Rest::EndedWell);
        assert_eq!(after(StepState::Failed, 169), Rest::Ended);
        assert_eq!(after(StepState::Success, 0), Rest::Runs);
    }
}
