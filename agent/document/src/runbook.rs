//! What an automation runbook is made of: steps that the server runs, schema 0.3.

use serde_json::{Map, Value};

use crate::parameter::{ParameterKind, ParameterSpec};

/// An automation runbook.
#[derive(Clone, Debug, PartialEq)]
pub struct Runbook {
    /// As whom it runs; may be a placeholder.
    pub assume_role: Option<String>,
    /// What its steps may change while it runs, each with its first value as the default.
    pub variables: Vec<ParameterSpec>,
    /// What it does, in order; at least one.
    pub steps: Vec<RunbookStep>,
    /// What it tells at its end: `step.Output`.
    pub outputs: Vec<String>,
    /// Attachments that scripts use: checksums by file name.
    pub files: Map<String, Value>,
}

/// A step of a runbook.
#[derive(Clone, Debug, PartialEq)]
pub struct RunbookStep {
    /// Its name, unique in the whole runbook.
    pub name: String,
    /// The action, such as `aws:runCommand`.
    pub action: String,
    /// For people.
    pub description: String,
    /// Its inputs with placeholders still in them, without the steps of a loop.
    pub inputs: Value,
    /// The steps that an `aws:loop` repeats.
    pub steps: Vec<RunbookStep>,
    /// What later steps can refer to beside the action's own outputs.
    pub outputs: Vec<StepOutput>,
    /// How often it is tried; once, if it does not say.
    pub max_attempts: Option<Amount>,
    /// Seconds after which it is given up.
    pub timeout_seconds: Option<Amount>,
    /// What happens when it fails.
    pub on_failure: OnFailure,
    /// What happens when the automation is cancelled while it runs.
    pub on_cancel: OnCancel,
    /// Whether the automation ends behind it.
    pub is_end: bool,
    /// The step after it; the next in the text, if it does not say.
    pub next_step: Option<String>,
    /// Whether its failure is the automation's.
    pub is_critical: bool,
}

/// A number that may be a placeholder until the automation runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Amount {
    /// A number.
    Number(u64),
    /// A placeholder.
    Reference(String),
}

/// A named part of what an action answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepOutput {
    /// Its name.
    pub name: String,
    /// Where it stands in the answer, as JSONPath.
    pub selector: String,
    /// Its type.
    pub kind: ParameterKind,
}

/// What happens when a step of a runbook fails.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum OnFailure {
    /// The automation fails.
    #[default]
    Abort,
    /// The next step runs.
    Continue,
    /// This step runs.
    Step(String),
}

/// What happens when an automation is cancelled during a step.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum OnCancel {
    /// It ends.
    #[default]
    Abort,
    /// This step cleans up first.
    Step(String),
}

impl Runbook {
    /// Every step, those of loops behind their loop.
    #[must_use]
    pub fn all_steps(&self) -> Vec<&RunbookStep> {
        fn add<'a>(steps: &'a [RunbookStep], to: &mut Vec<&'a RunbookStep>) {
            for step in steps {
                to.push(step);
                add(&step.steps, to);
            }
        }
        let mut all = Vec::new();
        add(&self.steps, &mut all);
        all
    }
}
