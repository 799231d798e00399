//! Steps, one after the other: those of a command's own document, or of one within a step.

use std::path::PathBuf;

use pilothouse_document::{Bindings, Gate, SchemaVersion, Step, Then};
use pilothouse_protocol::{InvocationState, JobId, Killed, StepResult, StepState};
use tokio::sync::watch;

use super::nested::WithinStep;
use super::{reboot, watching};
use crate::board::Board;
use crate::clock;
use crate::host::Place;
use crate::ledger::{LedgerError, Progress};
use crate::library::OverLink;
use crate::plugin::{StepContext, StepEnd};
use crate::plugins;
use crate::spool::Spool;

/// What all steps of a job have in common, however deep they are.
#[derive(Clone)]
pub(super) struct Work {
    pub(super) board: Board,
    pub(super) job: JobId,
    pub(super) spool: Spool,
    pub(super) cancelled: watch::Receiver<bool>,
}

/// Where the progress of a document is kept.
pub(super) trait Keep: Send + Sync {
    /// Writes down that its first step begins.
    fn begun(&self, progress: &Progress) -> Result<(), LedgerError>;
    /// Writes down that a step ended.
    fn advanced(&self, progress: &Progress) -> Result<(), LedgerError>;
}

/// The steps of one document.
pub(super) struct Sequence<'a> {
    pub(super) work: &'a Work,
    /// The steps that it is within, from the command's own; empty for the command's own document.
    pub(super) at: &'a [u16],
    pub(super) schema: SchemaVersion,
    pub(super) steps: &'a [Step],
    pub(super) bindings: &'a Bindings,
    pub(super) keep: &'a dyn Keep,
}

/// A document that is over.
pub(super) struct Ended {
    pub(super) progress: Progress,
    rest: Rest,
    was_cut: bool,
}

impl Ended {
    /// What the steps make of the whole.
    pub(super) fn state(&self) -> InvocationState {
        match (self.rest, rolled_up(&self.progress.steps)) {
            (Rest::EndedWell, _) => InvocationState::Success,
            (_, InvocationState::Success) if self.was_cut => InvocationState::Cancelled,
            (_, state) => state,
        }
    }
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

impl Sequence<'_> {
    /// Runs what is left of the steps.
    ///
    /// # Errors
    /// When it cannot be written down that the first step begins: then none ran.
    pub(super) async fn run(&self, mut progress: Progress) -> Result<Ended, LedgerError> {
        let resumes_at = progress.started_at.map(|_| progress.steps.len());
        let mut rest = Rest::Runs;
        for (i, step) in self.steps.iter().enumerate() {
            if let Some(done) = progress.steps.iter().find(|done| usize::from(done.index) == i) {
                rest = after(step, done, rest);
                continue;
            }
            let adopt = resumes_at == Some(progress.steps.len());
            // What an earlier agent process began is stopped by adopting it, not by leaving it alone.
            let is_stopped = *self.work.cancelled.borrow() && !adopt;
            if (rest != Rest::Runs || is_stopped) && !step.is_finally {
                continue;
            }
            if progress.started_at.is_none() {
                progress.started_at = Some(clock::now());
                progress.boot_id = self.work.board.host().boot_id();
                self.keep.begun(&progress)?;
            }
            let (result, killed, killed_count) = self.step(i, step, &mut progress, adopt).await;
            rest = after(step, &result, rest);
            progress.step_ended(result, killed, killed_count);
            if let Err(error) = self.keep.advanced(&progress) {
                tracing::warn!(%error, "a step's end could not be written down; it is found again in its files");
            }
        }
        let was_cut = *self.work.cancelled.borrow() && progress.steps.len() < self.steps.len();
        Ok(Ended { progress, rest, was_cut })
    }

    async fn step(
        &self,
        i: usize,
        step: &Step,
        progress: &mut Progress,
        adopt: bool,
    ) -> (StepResult, Vec<Killed>, u32) {
        let index = u16::try_from(i).unwrap_or(u16::MAX);
        let started_at = if i == 0 { progress.started_at } else { None }.unwrap_or_else(clock::now);
        let end = self.through_reboots(index, step, progress, adopt).await;
        if end.ran {
            progress.lost = end.lost;
        }
        let result = StepResult {
            index,
            name: step.name.clone(),
            action: step.action.clone(),
            state: if end.code == 168 { StepState::Success } else { end.state },
            code: end.code,
            started_at,
            // The machine's clock may have been set back meanwhile.
            finished_at: clock::now().max(started_at),
            message: end.message,
        };
        (result, end.killed, end.killed_count)
    }

    /// Runs a step, and runs it again after each reboot that it wants.
    async fn through_reboots(
        &self,
        index: u16,
        step: &Step,
        progress: &mut Progress,
        mut adopt: bool,
    ) -> StepEnd {
        loop {
            if progress.rebooting.is_some() {
                let place = self.place(index, progress);
                if let Err(end) = reboot::carry_out(self.work, self.keep, progress, &place).await {
                    return end;
                }
                adopt = false;
            }
            let end = self.attempt(index, step, progress, adopt).await;
            if !end.reboots {
                return end;
            }
            if let Err(end) = reboot::plan(self.work, self.keep, progress, end) {
                return end;
            }
        }
    }

    async fn attempt(&self, index: u16, step: &Step, progress: &Progress, adopt: bool) -> StepEnd {
        let platform = self.work.board.host().platform();
        match step.gate(self.schema, platform, self.bindings) {
            Gate::Skip(why) => StepEnd::skipped(why),
            Gate::Fail(why) => StepEnd::failed(why),
            Gate::Run => match step.bound(self.bindings) {
                Ok(inputs) => {
                    let context = self.context(index, progress, adopt);
                    let place = context.place.clone();
                    let runs = plugins::run(&step.action, context, inputs);
                    // Steps of a document within this one are looked at one by one.
                    if plugins::runs_documents(&step.action) {
                        return runs.await;
                    }
                    tokio::select! {
                        biased;
                        end = runs => end,
                        never = watching::watch(self.work, &place) => match never {},
                    }
                }
                Err(error) => StepEnd::failed(format!("the step {} was not run: {error}", step.name)),
            },
        }
    }

    fn place(&self, step: u16, progress: &Progress) -> Place {
        let Work { board, job, spool, .. } = self.work;
        let at = [self.at, &[step]].concat();
        Place {
            dir: self.directory(&at),
            // Output is told as that of the command's own step.
            step: at.first().copied().unwrap_or(step),
            spool: spool.clone(),
            spool_bytes: board.room_for(job),
            carry_lost: progress.lost,
            downloads: board.ledger().folder(&job.command).join("downloads"),
        }
    }

    fn context(&self, step: u16, progress: &Progress, adopt: bool) -> StepContext {
        let Work { board, job, cancelled, .. } = self.work;
        let host = board.host().clone();
        let rebooted = adopt && progress.boot_id != host.boot_id();
        let (to_ring, to_note, id) = (board.clone(), board.clone(), job.clone());
        let mut env = self.bindings.env();
        env.push((String::from("AWS_SSM_INSTANCE_ID"), job.instance.to_string()));
        let at = [self.at, &[step]].concat();
        StepContext {
            host,
            place: self.place(step, progress),
            adopt,
            rebooted,
            cancelled: cancelled.clone(),
            env,
            library: Box::new(OverLink::new(board.clone(), job.clone())),
            nesting: Box::new(WithinStep::new(self.work.clone(), at, progress.lost)),
            on_change: Box::new(move || to_ring.ring()),
            on_pid: Box::new(move |pid| to_note.note_pid(&id, pid)),
        }
    }

    /// Side by side, however deep the step is: the spool is beside each of them.
    fn directory(&self, at: &[u16]) -> PathBuf {
        let Work { board, job, .. } = self.work;
        board.ledger().step_folder(&job.command, at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pilothouse_document::{Document, Format};
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
