//! Documents within a step: the same sequence of steps, kept in the directory of the step that they are within.

use async_trait::async_trait;
use pilothouse_document::{Document, Format};
use pilothouse_protocol::{InvocationState, StepResult, StepState};

use super::sequence::{Ended, Keep, Sequence, Work};
use crate::ledger::{LedgerError, Nested, Progress};
use crate::plugin::{NestedDocument, Nesting, StepEnd};

/// How deep documents may be within each other; a document that runs itself ends there. Source: AWS's agent.
const MAX_DEPTH: usize = 3;

/// What a step may run within itself.
pub(super) struct WithinStep {
    work: Work,
    /// The step, from the command's own on.
    at: Vec<u16>,
    /// Output bytes that were lost before it.
    lost: u64,
}

/// The progress of a nested document, on disk alone: the server is told of the step that it is within.
struct OnDisk(Nested);

impl Keep for OnDisk {
    fn begun(&self, progress: &Progress) -> Result<(), LedgerError> {
        self.0.keep_progress(progress)
    }

    fn advanced(&self, progress: &Progress) -> Result<(), LedgerError> {
        self.0.keep_progress(progress)
    }
}

impl WithinStep {
    pub(super) fn new(work: Work, at: Vec<u16>, lost: u64) -> Self {
        Self { work, at, lost }
    }

    fn files(&self) -> Nested {
        self.work.board.ledger().nested(&self.work.job.command, &self.at)
    }

    async fn run(&self, nested: &NestedDocument, progress: Progress, files: Nested) -> StepEnd {
        let name = &nested.name;
        let document = match Document::parse(&nested.content, Format::Json) {
            Ok(document) => document,
            Err(error) => return StepEnd::failed(format!("the document {name} cannot be read: {error}")),
        };
        let Some(steps) = document.command_steps() else {
            return StepEnd::failed(format!("{name} is no Command document: a node cannot run it"));
        };
        let bindings = match document.bind_resolved(&nested.parameters, &nested.resolved) {
            Ok(bindings) => bindings,
            Err(error) => {
                return StepEnd::failed(format!(
                    "the document {name} does not take these parameters: {error}"
                ));
            }
        };
        let (at, schema) = (self.at.as_slice(), document.schema_version);
        let keep = OnDisk(files);
        let sequence = Sequence { work: &self.work, at, schema, steps, bindings: &bindings, keep: &keep };
        match sequence.run(progress).await {
            Ok(ended) => step_end(name, &ended),
            Err(error) => {
                StepEnd::failed(format!("{name} was not run: {error}; free some space on the node"))
            }
        }
    }
}

/// What the end of a document means for the step that it is within.
fn step_end(name: &str, ended: &Ended) -> StepEnd {
    let (state, code) = match ended.state() {
        InvocationState::Success => (StepState::Success, 0),
        InvocationState::ExecutionTimedOut => (StepState::TimedOut, 137),
        InvocationState::Cancelled => (StepState::Cancelled, 137),
        _ => (StepState::Failed, 1),
    };
    let bad = ended.progress.steps.iter().find(|step| step.state == state).filter(|_| code != 0);
    let message = match bad {
        Some(step) => told(name, step),
        None if code != 0 => format!("{name} was cancelled before it was through"),
        None => String::new(),
    };
    let Progress { lost, killed, killed_count, .. } = &ended.progress;
    let (killed, killed_count) = (killed.clone(), *killed_count);
    StepEnd { lost: *lost, message, killed, killed_count, ..StepEnd::of(state, code) }
}

fn told(name: &str, StepResult { name: step, message, code, .. }: &StepResult) -> String {
    if message.is_empty() {
        format!("{name}, step {step}: exit code {code}")
    } else {
        format!("{name}, step {step}: {message}")
    }
}

#[async_trait]
impl Nesting for WithinStep {
    async fn go_on(&self) -> Option<StepEnd> {
        let files = self.files();
        match files.found() {
            Ok(None) => None,
            Ok(Some((document, progress))) => Some(self.run(&document, progress, files).await),
            Err(error) => Some(StepEnd::failed(format!(
                "how far the document within this step got is not known, and it was not run again: {error}"
            ))),
        }
    }

    async fn begin(&self, document: NestedDocument) -> StepEnd {
        if self.at.len() > MAX_DEPTH {
            return StepEnd::failed(format!(
                "{} was not run: documents may be within each other {MAX_DEPTH} deep at most",
                document.name
            ));
        }
        let progress = Progress { lost: self.lost, ..Progress::default() };
        let files = self.files();
        if let Err(error) = files.keep_document(&document) {
            return StepEnd::failed(format!("not run: {error}; free some space on the node"));
        }
        self.run(&document, progress, files).await
    }
}
